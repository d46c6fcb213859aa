import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { CallsStripe } from '../../platform/http/idempotency.interceptor.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam } from '../../platform/http/schemas.ts';
import {
  OtherCallUnderWay,
  StripeNotConnected,
  StripeRefused,
  StripeUnavailable,
} from '../../stripe/stripe.errors.ts';
import { CustomerNotFound } from '../customers/customers.errors.ts';
import { CustomerBalance } from './customer-balance.service.ts';
import { adjustCustomerBalance, customerBalance } from './invoices.schemas.ts';

@Controller('customers')
export class CustomerBalanceController {
  constructor(private readonly balance: CustomerBalance) {}

  /** Shows the credit that a customer’s next invoices use, and every entry that it is made of. */
  @Get(':id/balance')
  @Requires('invoices:read')
  @Returns(200, customerBalance)
  @Refuses(CustomerNotFound, StripeNotConnected, StripeUnavailable)
  getCustomerBalance(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.balance.get(environmentId, id);
  }

  /** Gives a customer credit, or takes some. */
  @Post(':id/balance')
  @Requires('invoices:write')
  @CallsStripe()
  @Returns(201, customerBalance)
  @Refuses(CustomerNotFound, OtherCallUnderWay, StripeNotConnected, StripeRefused, StripeUnavailable)
  adjustCustomerBalance(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
    @Body({ schema: adjustCustomerBalance }) body: z.output<typeof adjustCustomerBalance>,
  ) {
    return this.balance.adjust(environmentId, id, body);
  }
}
