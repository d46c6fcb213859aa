import { Injectable } from '@nestjs/common';
import { TakeOverPayments } from '../../payments/take-over-payments.ts';
import type { EventHandler, ReceivedEvent } from './handler.ts';

/** After these, something went back or came back. */
const movesMoneyBack = /^(refund\.|charge\.refund|charge\.dispute\.)/;

/** Whatever happened to a payment, a refund or a dispute: take over how the invoice that it pays stands now. */
@Injectable()
export class PaymentChanged implements EventHandler {
  readonly types = [
    'payment_intent.processing',
    'payment_intent.requires_action',
    'payment_intent.succeeded',
    'payment_intent.payment_failed',
    'payment_intent.canceled',
    'charge.pending',
    'charge.succeeded',
    'charge.failed',
    'charge.updated',
    'charge.refunded',
    'charge.refund.updated',
    'refund.created',
    'refund.updated',
    'refund.failed',
    'charge.dispute.created',
    'charge.dispute.updated',
    'charge.dispute.closed',
    'charge.dispute.funds_withdrawn',
    'charge.dispute.funds_reinstated',
  ];

  constructor(private readonly payments: TakeOverPayments) {}

  async handle({ environment_id: environmentId, type, object }: ReceivedEvent): Promise<void> {
    const intent = type.startsWith('payment_intent.') ? object.id : object.payment_intent;
    // A payment that no intent made pays no invoice.
    if (intent !== null) {
      await this.payments.takeByIntent(environmentId, intent, { asked: movesMoneyBack.test(type) });
    }
  }
}
