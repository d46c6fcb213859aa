import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { CallsStripe } from '../../platform/http/idempotency.interceptor.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam, pageFrom } from '../../platform/http/schemas.ts';
import {
  OtherCallUnderWay,
  StripeNotConnected,
  StripeRefused,
  StripeUnavailable,
} from '../../stripe/stripe.errors.ts';
import { InvoiceNotFound, InvoiceNotOnStripe } from '../invoices/invoices.errors.ts';
import { refund } from '../invoices/invoices.schemas.ts';
import { DisputesService } from './disputes.service.ts';
import { PaymentSettingsService } from './payment-settings.service.ts';
import {
  DisputeClosed,
  DisputeNotFound,
  NothingToRefund,
  PaymentDisputed,
  RefundTooLarge,
} from './payments.errors.ts';
import {
  createRefund,
  dispute,
  disputePage,
  listDisputes,
  listRefunds,
  paymentSettings,
  refundPage,
  submitEvidence,
  updatePaymentSettings,
} from './payments.schemas.ts';
import { RefundInvoice } from './refund-invoice.ts';

const stripeRefusals = [OtherCallUnderWay, StripeNotConnected, StripeRefused, StripeUnavailable];

@Controller()
export class PaymentsController {
  constructor(
    private readonly refunding: RefundInvoice,
    private readonly disputes: DisputesService,
    private readonly settings: PaymentSettingsService,
  ) {}

  /** Gives back what a card paid, all of it or an amount. Access stays, unless the subscription is to end. */
  @Post('invoices/:id/refund')
  @Requires('refunds:write')
  @CallsStripe()
  @Returns(201, refund)
  @Refuses(
    InvoiceNotFound,
    InvoiceNotOnStripe,
    NothingToRefund,
    RefundTooLarge,
    PaymentDisputed,
    ...stripeRefusals,
  )
  refundInvoice(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
    @Body({ schema: createRefund }) body: z.output<typeof createRefund>,
  ) {
    return this.refunding.refund(environmentId, id, body);
  }

  /** Lists refunds, the newest first. */
  @Get('refunds')
  @Requires('invoices:read')
  @Returns(200, refundPage)
  async listRefunds(
    @EnvironmentId() environmentId: string,
    @Query({ schema: listRefunds }) query: z.output<typeof listRefunds>,
  ) {
    return pageFrom(await this.disputes.listRefunds(environmentId, query), query.limit);
  }

  /** Lists disputes, the newest first. */
  @Get('disputes')
  @Requires('invoices:read')
  @Returns(200, disputePage)
  async listDisputes(
    @EnvironmentId() environmentId: string,
    @Query({ schema: listDisputes }) query: z.output<typeof listDisputes>,
  ) {
    return pageFrom(await this.disputes.list(environmentId, query), query.limit);
  }

  @Get('disputes/:id')
  @Requires('invoices:read')
  @Returns(200, dispute)
  @Refuses(DisputeNotFound)
  getDispute(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.disputes.get(environmentId, id);
  }

  /** Sends evidence to the bank. It can be sent once and not changed after. */
  @Post('disputes/:id/evidence')
  @Requires('refunds:write')
  @CallsStripe()
  @Returns(200, dispute)
  @Refuses(DisputeNotFound, DisputeClosed, ...stripeRefusals)
  submitDisputeEvidence(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
    @Body({ schema: submitEvidence }) body: z.output<typeof submitEvidence>,
  ) {
    return this.disputes.submitEvidence(environmentId, id, body);
  }

  /** Accepts a dispute as lost, for good. */
  @Post('disputes/:id/close')
  @Requires('refunds:write')
  @CallsStripe()
  @Returns(200, dispute)
  @Refuses(DisputeNotFound, DisputeClosed, ...stripeRefusals)
  closeDispute(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.disputes.close(environmentId, id);
  }

  @Get('payment-settings')
  @Requires('settings:read', { audience: 'dashboard' })
  @Returns(200, paymentSettings)
  getPaymentSettings(@EnvironmentId() environmentId: string) {
    return this.settings.get(environmentId);
  }

  /** Says what a dispute does to access. */
  @Patch('payment-settings')
  @Requires('settings:write', { audience: 'dashboard' })
  @Returns(200, paymentSettings)
  updatePaymentSettings(
    @EnvironmentId() environmentId: string,
    @Body({ schema: updatePaymentSettings }) body: z.output<typeof updatePaymentSettings>,
  ) {
    return this.settings.update(environmentId, body);
  }
}
