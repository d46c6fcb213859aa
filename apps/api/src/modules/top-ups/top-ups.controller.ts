import { Body, Controller, Get, Param, Post, Put, Query } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { IdempotencyConflict } from '../../platform/http/idempotency.errors.ts';
import { CallsStripe, OwnIdempotency } from '../../platform/http/idempotency.interceptor.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam, pageFrom } from '../../platform/http/schemas.ts';
import { StripeNotConnected, StripeRefused, StripeUnavailable } from '../../stripe/stripe.errors.ts';
import { CustomerNotFound } from '../customers/customers.errors.ts';
import { AutoTopUp } from './auto-top-up.ts';
import { BuyCredits } from './buy-credits.ts';
import { PacksService } from './packs.service.ts';
import { CreditPackArchived, CreditPackKeyTaken, CreditPackNotFound } from './top-ups.errors.ts';
import {
  autoTopUp,
  buyCredits,
  createCreditPack,
  creditPack,
  creditPackPage,
  creditTopUp,
  creditTopUpPage,
  listCreditPacks,
  listCreditTopUps,
  setAutoTopUp,
} from './top-ups.schemas.ts';

type IdParam = z.output<typeof idParam>;

@Controller()
export class TopUpsController {
  constructor(
    private readonly packs: PacksService,
    private readonly buying: BuyCredits,
    private readonly automatic: AutoTopUp,
  ) {}

  @Get('credits/packs')
  @Requires('catalog:read')
  @Returns(200, creditPackPage)
  async listCreditPacks(
    @EnvironmentId() environmentId: string,
    @Query({ schema: listCreditPacks }) query: z.output<typeof listCreditPacks>,
  ) {
    return pageFrom(await this.packs.list(environmentId, query), query.limit);
  }

  /** Creates a pack of credits that customers can buy. Its terms never change: another price is another pack. */
  @Post('credits/packs')
  @Requires('catalog:write')
  @Returns(201, creditPack)
  @Refuses(CreditPackKeyTaken)
  createCreditPack(
    @EnvironmentId() environmentId: string,
    @Body({ schema: createCreditPack }) body: z.output<typeof createCreditPack>,
  ) {
    return this.packs.create(environmentId, body);
  }

  /** Ends the sale of a pack. What was bought stays. */
  @Post('credits/packs/:id/archive')
  @Requires('catalog:write')
  @Returns(200, creditPack)
  @Refuses(CreditPackNotFound)
  archiveCreditPack(@EnvironmentId() environmentId: string, @Param({ schema: idParam }) { id }: IdParam) {
    return this.packs.archive(environmentId, id);
  }

  @Get('customers/:id/credits/top-ups')
  @Requires('invoices:read')
  @Returns(200, creditTopUpPage)
  @Refuses(CustomerNotFound)
  async listCreditTopUps(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: IdParam,
    @Query({ schema: listCreditTopUps }) query: z.output<typeof listCreditTopUps>,
  ) {
    return pageFrom(await this.buying.list(environmentId, id, query), query.limit);
  }

  /**
   * Buys credits and charges for them now. They are there once the invoice is paid; an answer that is `open` waits for the
   * customer at its `pay_url`, and one that is `failed` was not paid and never will be.
   */
  @Post('customers/:id/credits/top-ups')
  @Requires('invoices:write')
  @OwnIdempotency()
  @CallsStripe()
  @Returns(201, creditTopUp)
  @Refuses(
    CustomerNotFound,
    CreditPackNotFound,
    CreditPackArchived,
    IdempotencyConflict,
    StripeNotConnected,
    StripeRefused,
    StripeUnavailable,
  )
  buyCredits(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: IdParam,
    @Body({ schema: buyCredits }) body: z.output<typeof buyCredits>,
  ) {
    return this.buying.buy(environmentId, id, body);
  }

  @Get('customers/:id/credits/auto-top-up')
  @Requires('entitlements:read')
  @Returns(200, autoTopUp)
  @Refuses(CustomerNotFound)
  getAutoTopUp(@EnvironmentId() environmentId: string, @Param({ schema: idParam }) { id }: IdParam) {
    return this.automatic.get(environmentId, id);
  }

  /** Buys packs by itself when the balance is low, within a ceiling. A payment that fails turns it off. */
  @Put('customers/:id/credits/auto-top-up')
  @Requires('invoices:write')
  @Returns(200, autoTopUp)
  @Refuses(CustomerNotFound, CreditPackNotFound, CreditPackArchived)
  setAutoTopUp(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: IdParam,
    @Body({ schema: setAutoTopUp }) body: z.output<typeof setAutoTopUp>,
  ) {
    return this.automatic.set(environmentId, id, body);
  }
}
