import type { Decline } from '../billing/test-cards.ts';
import type { Context } from '../state/context.ts';
import { newId } from '../state/ids.ts';
import type { Charge, PaymentMethod } from '../state/tables.ts';

interface ChargeFacts {
  intent: string;
  amount: number;
  currency: string;
  customer: string | null;
  description: string | null;
  metadata: Record<string, string>;
  method: PaymentMethod;
  /** Why it failed, or null when it succeeded. */
  decline: Decline | null;
}

/** The record of one attempt to take money. */
export function chargeOf(context: Context, facts: ChargeFacts): Charge {
  const { decline, method } = facts;
  return {
    id: newId('ch'),
    object: 'charge',
    amount: facts.amount,
    amount_captured: decline === null ? facts.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    authorization_code: undefined,
    balance_transaction: decline === null ? newId('txn') : null,
    billing_details: method.billing_details,
    calculated_statement_descriptor: 'EMULATOR',
    captured: decline === null,
    created: context.now,
    currency: facts.currency,
    customer: facts.customer,
    description: facts.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: decline?.code ?? null,
    failure_message: decline?.message ?? null,
    fraud_details: {},
    level3: undefined,
    livemode: context.livemode,
    metadata: facts.metadata,
    on_behalf_of: null,
    outcome: {
      advice_code: null,
      network_advice_code: null,
      network_decline_code: null,
      network_status: decline === null ? 'approved_by_network' : 'declined_by_network',
      reason: decline?.decline_code ?? null,
      risk_level: 'normal',
      risk_score: 10,
      seller_message: decline === null ? 'Payment complete.' : 'The bank returned the decline code.',
      type: decline === null ? 'authorized' : 'issuer_declined',
    },
    paid: decline === null,
    payment_intent: facts.intent,
    payment_method: method.id,
    payment_method_details: { card: cardDetails(method, facts.amount), type: 'card' },
    presentment_details: undefined,
    radar_options: {},
    receipt_email: null,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    refunds: undefined,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: decline === null ? 'succeeded' : 'failed',
    transfer: undefined,
    transfer_data: null,
    transfer_group: null,
  };
}

function cardDetails({ card }: PaymentMethod, amount: number) {
  return {
    amount_authorized: amount,
    authorization_code: null,
    brand: card?.brand ?? null,
    checks: card?.checks ?? null,
    country: card?.country ?? null,
    electronic_commerce_indicator: null,
    extended_authorization: { status: 'disabled' },
    exp_month: card?.exp_month ?? 12,
    exp_year: card?.exp_year ?? 2034,
    fingerprint: card?.fingerprint ?? null,
    funding: card?.funding ?? null,
    incremental_authorization: { status: 'unavailable' },
    installments: null,
    last4: card?.last4 ?? null,
    mandate: null,
    multicapture: { status: 'unavailable' },
    network: card?.brand ?? null,
    network_token: { used: false },
    network_transaction_id: null,
    overcapture: { maximum_amount_capturable: amount, status: 'unavailable' },
    regulated_status: null,
    three_d_secure: null,
    transaction_link_id: null,
    wallet: null,
  };
}
