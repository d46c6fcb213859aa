import { Body, Controller, Get, Ip, Param, Post } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires, Unauthenticated } from '../../platform/auth/requires.ts';
import { IdempotencyConflict } from '../../platform/http/idempotency.errors.ts';
import { ShownOnce } from '../../platform/http/idempotency.interceptor.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam } from '../../platform/http/schemas.ts';
import { StripeNotConnected, StripeRefused, StripeUnavailable } from '../../stripe/stripe.errors.ts';
import { CardNotConfirmed, LinkUnknown, TooManyGuesses } from '../customers/customer-links.errors.ts';
import { cardForm, tokenParam } from '../customers/customer-links.schemas.ts';
import { CustomerNotFound } from '../customers/customers.errors.ts';
import { TopUpPageService } from './top-up-page.service.ts';
import {
  buyOnPage,
  createTopUpLink,
  purchaseParams,
  topUpLink,
  topUpPage,
  topUpPurchase,
} from './top-up-pages.schemas.ts';
import {
  CardNeeded,
  CreditPackArchived,
  CreditPackNotFound,
  TooManyRefusals,
  TopUpNotFound,
} from './top-ups.errors.ts';

const because =
  'the link that the merchant asked for is the credential: 256 bits, one purpose, limited guesses';
type Token = z.output<typeof tokenParam>;

/** Where customers buy credits without an account, and the links that lead there. */
@Controller()
export class TopUpPagesController {
  constructor(private readonly page: TopUpPageService) {}

  /** Makes a link to a page where the customer buys credits. Send them there; it is shown this once. */
  @Post('customers/:id/credits/top-up-links')
  @Requires('invoices:write')
  @ShownOnce()
  @Returns(201, topUpLink)
  @Refuses(CustomerNotFound, StripeNotConnected)
  createTopUpLink(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
    @Body({ schema: createTopUpLink }) body: z.output<typeof createTopUpLink>,
  ) {
    return this.page.makeLink(environmentId, id, body);
  }

  @Get('top-up/:token')
  @Unauthenticated(because, 'portal')
  @Returns(200, topUpPage)
  @Refuses(LinkUnknown, TooManyGuesses)
  getTopUpPage(@Param({ schema: tokenParam }) { token }: Token, @Ip() address: string) {
    return this.page.show(token, address);
  }

  /** What Stripe.js needs to take a card. */
  @Post('top-up/:token/card-form')
  @Unauthenticated(because, 'portal')
  @Returns(200, cardForm)
  @Refuses(LinkUnknown, TooManyGuesses, StripeNotConnected, StripeUnavailable)
  openTopUpCardForm(@Param({ schema: tokenParam }) { token }: Token, @Ip() address: string) {
    return this.page.cardForm(token, address);
  }

  /** Buys credits with the saved card, or with one that Stripe.js confirmed. */
  @Post('top-up/:token/buy')
  @Unauthenticated(because, 'portal')
  @Returns(200, topUpPurchase)
  @Refuses(
    LinkUnknown,
    TooManyGuesses,
    CreditPackNotFound,
    CreditPackArchived,
    CardNeeded,
    CardNotConfirmed,
    TooManyRefusals,
    IdempotencyConflict,
    StripeNotConnected,
    StripeRefused,
    StripeUnavailable,
  )
  buyOnPage(
    @Param({ schema: tokenParam }) { token }: Token,
    @Body({ schema: buyOnPage }) body: z.output<typeof buyOnPage>,
    @Ip() address: string,
  ) {
    return this.page.buy(token, body, address);
  }

  /** How a purchase stands. */
  @Get('top-up/:token/purchases/:id')
  @Unauthenticated(because, 'portal')
  @Returns(200, topUpPurchase)
  @Refuses(LinkUnknown, TooManyGuesses, TopUpNotFound)
  getTopUpPurchase(
    @Param({ schema: purchaseParams }) { token, id }: z.output<typeof purchaseParams>,
    @Ip() address: string,
  ) {
    return this.page.purchase(token, id, address);
  }
}
