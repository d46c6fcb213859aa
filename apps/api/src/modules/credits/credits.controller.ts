import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam, pageFrom } from '../../platform/http/schemas.ts';
import { CustomerNotFound } from '../customers/customers.errors.ts';
import { CreditGrantsService } from './credit-grants.service.ts';
import { CreditGrantNotFound, CreditTimesDoNotFit } from './credits.errors.ts';
import {
  createCreditGrant,
  creditBalance,
  creditEntryPage,
  creditGrant,
  creditGrantPage,
  listCreditEntries,
  listCreditGrants,
  updateCreditBalance,
} from './credits.schemas.ts';
import { CreditsService } from './credits.service.ts';

type IdParam = z.output<typeof idParam>;

@Controller()
export class CreditsController {
  constructor(
    private readonly credits: CreditsService,
    private readonly grants: CreditGrantsService,
  ) {}

  /** How many credits a customer has, what is lost next, and what subscriptions grant anew. */
  @Get('customers/:id/credits')
  @Requires('entitlements:read')
  @Returns(200, creditBalance)
  @Refuses(CustomerNotFound)
  getCreditBalance(@EnvironmentId() environmentId: string, @Param({ schema: idParam }) { id }: IdParam) {
    return this.credits.balance(environmentId, id);
  }

  /** Says below which balance an alert is raised. */
  @Patch('customers/:id/credits')
  @Requires('subscriptions:write')
  @Returns(200, creditBalance)
  @Refuses(CustomerNotFound)
  updateCreditBalance(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: IdParam,
    @Body({ schema: updateCreditBalance }) body: z.output<typeof updateCreditBalance>,
  ) {
    return this.credits.setLowAt(environmentId, id, body.low_at);
  }

  @Get('customers/:id/credits/grants')
  @Requires('entitlements:read')
  @Returns(200, creditGrantPage)
  @Refuses(CustomerNotFound)
  async listCreditGrants(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: IdParam,
    @Query({ schema: listCreditGrants }) query: z.output<typeof listCreditGrants>,
  ) {
    return pageFrom(await this.grants.list(environmentId, id, query), query.limit);
  }

  /** Gives a customer credits. */
  @Post('customers/:id/credits/grants')
  @Requires('subscriptions:write')
  @Returns(201, creditGrant)
  @Refuses(CustomerNotFound, CreditTimesDoNotFit)
  createCreditGrant(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: IdParam,
    @Body({ schema: createCreditGrant }) body: z.output<typeof createCreditGrant>,
  ) {
    return this.grants.grant(environmentId, id, body);
  }

  /** The ledger: every movement of a customer's credits, the newest first. Their sum is the balance. */
  @Get('customers/:id/credits/entries')
  @Requires('entitlements:read')
  @Returns(200, creditEntryPage)
  @Refuses(CustomerNotFound)
  async listCreditEntries(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: IdParam,
    @Query({ schema: listCreditEntries }) query: z.output<typeof listCreditEntries>,
  ) {
    return pageFrom(await this.credits.listEntries(environmentId, id, query), query.limit);
  }

  /** Takes back what is left of a grant. What was burned stays burned. */
  @Post('credits/grants/:id/void')
  @Requires('subscriptions:write')
  @Returns(200, creditGrant)
  @Refuses(CreditGrantNotFound)
  voidCreditGrant(@EnvironmentId() environmentId: string, @Param({ schema: idParam }) { id }: IdParam) {
    return this.grants.void(environmentId, id);
  }

  /** Gives back what voiding took, as if the grant had never been void. */
  @Post('credits/grants/:id/restore')
  @Requires('subscriptions:write')
  @Returns(200, creditGrant)
  @Refuses(CreditGrantNotFound)
  restoreCreditGrant(@EnvironmentId() environmentId: string, @Param({ schema: idParam }) { id }: IdParam) {
    return this.grants.restore(environmentId, id);
  }
}
