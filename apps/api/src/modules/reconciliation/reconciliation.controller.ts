import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam, pageFrom, pageQuery } from '../../platform/http/schemas.ts';
import { StripeNotConnected } from '../../stripe/stripe.errors.ts';
import { DiscrepancyNotFound, DiscrepancyNotSettledByHand, RunNotFound } from './reconciliation.errors.ts';
import { discrepancy, discrepancyPage, listDiscrepancies, run, runPage } from './reconciliation.schemas.ts';
import { ReconciliationService } from './reconciliation.service.ts';

@Controller('reconciliation')
export class ReconciliationController {
  constructor(private readonly reconciliation: ReconciliationService) {}

  /** Lists the comparisons with Stripe, the newest first. */
  @Get('runs')
  @Requires('operations:read', { audience: 'dashboard' })
  @Returns(200, runPage)
  async listReconciliationRuns(
    @EnvironmentId() environmentId: string,
    @Query({ schema: pageQuery }) query: z.output<typeof pageQuery>,
  ) {
    return pageFrom(await this.reconciliation.list(environmentId, query), query.limit);
  }

  /** Compares everything with Stripe now. One that is under way is the answer. */
  @Post('runs')
  @Requires('operations:write', { audience: 'dashboard' })
  @Returns(201, run)
  @Refuses(StripeNotConnected)
  startReconciliation(@EnvironmentId() environmentId: string) {
    return this.reconciliation.start(environmentId);
  }

  @Get('runs/:id')
  @Requires('operations:read', { audience: 'dashboard' })
  @Returns(200, run)
  @Refuses(RunNotFound)
  getReconciliationRun(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.reconciliation.get(environmentId, id);
  }

  /** Lists where we and Stripe said different things, the newest first. */
  @Get('discrepancies')
  @Requires('operations:read', { audience: 'dashboard' })
  @Returns(200, discrepancyPage)
  @Refuses(RunNotFound)
  async listDiscrepancies(
    @EnvironmentId() environmentId: string,
    @Query({ schema: listDiscrepancies }) query: z.output<typeof listDiscrepancies>,
  ) {
    return pageFrom(await this.reconciliation.discrepancies(environmentId, query), query.limit);
  }
  /**
   * Says that somebody has dealt with a difference of usage that could not be repaired: what is in doubt is not told to
   * Stripe any more, and not shown again.
   */
  @Post('discrepancies/:id/settle')
  @Requires('operations:write', { audience: 'dashboard' })
  @Returns(200, discrepancy)
  @Refuses(DiscrepancyNotFound, DiscrepancyNotSettledByHand)
  settleDiscrepancy(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.reconciliation.settle(environmentId, id);
  }
}
