import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { CallsStripe } from '../../platform/http/idempotency.interceptor.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam, pageFrom } from '../../platform/http/schemas.ts';
import { StripeNotConnected } from '../../stripe/stripe.errors.ts';
import { RecoveryEnded, RecoveryNotFound, RecoveryOwnedByStripe } from './recovery.errors.ts';
import {
  listRecoveries,
  recoveriesSummary,
  recovery,
  recoveryPage,
  recoverySettings,
  summaryQuery,
  updateRecoverySettings,
} from './recovery.schemas.ts';
import { RecoveryService } from './recovery.service.ts';

@Controller()
export class RecoveryController {
  constructor(private readonly recoveries: RecoveryService) {}

  @Get('recovery-settings')
  @Requires('settings:read', { audience: 'dashboard' })
  @Returns(200, recoverySettings)
  getRecoverySettings(@EnvironmentId() environmentId: string) {
    return this.recoveries.settings(environmentId);
  }

  /** Changes how failed payments are won back. What is left out stays. */
  @Patch('recovery-settings')
  @Requires('settings:write', { audience: 'dashboard' })
  @Returns(200, recoverySettings)
  updateRecoverySettings(
    @EnvironmentId() environmentId: string,
    @Body({ schema: updateRecoverySettings }) body: z.output<typeof updateRecoverySettings>,
  ) {
    return this.recoveries.updateSettings(environmentId, body);
  }

  /** Lists failed payments and what became of them, the newest first. */
  @Get('recoveries')
  @Requires('invoices:read', { audience: 'dashboard' })
  @Returns(200, recoveryPage)
  async listRecoveries(
    @EnvironmentId() environmentId: string,
    @Query({ schema: listRecoveries }) query: z.output<typeof listRecoveries>,
  ) {
    return pageFrom(await this.recoveries.list(environmentId, query), query.limit);
  }

  /** What was won back, what is open and what was lost, for each currency. */
  @Get('recoveries/summary')
  @Requires('invoices:read', { audience: 'dashboard' })
  @Returns(200, recoveriesSummary)
  getRecoveriesSummary(
    @EnvironmentId() environmentId: string,
    @Query({ schema: summaryQuery }) { days }: z.output<typeof summaryQuery>,
  ) {
    return this.recoveries.summary(environmentId, days);
  }

  @Get('recoveries/:id')
  @Requires('invoices:read', { audience: 'dashboard' })
  @Returns(200, recovery)
  @Refuses(RecoveryNotFound)
  getRecovery(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.recoveries.get(environmentId, id);
  }

  /** Tries the payment now, with the customer's card. What is planned stays planned. */
  @Post('recoveries/:id/retry-now')
  @Requires('invoices:write', { audience: 'dashboard' })
  @CallsStripe()
  @Returns(200, recovery)
  @Refuses(RecoveryNotFound, RecoveryEnded, RecoveryOwnedByStripe, StripeNotConnected)
  retryRecovery(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.recoveries.retryNow(environmentId, id);
  }

  /** Tries and tells nothing more. The invoice and the subscription stay as they are. */
  @Post('recoveries/:id/stop')
  @Requires('invoices:write', { audience: 'dashboard' })
  @Returns(200, recovery)
  @Refuses(RecoveryNotFound, RecoveryEnded)
  stopRecovery(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.recoveries.stop(environmentId, id);
  }
}
