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
  /** The bank has yet to decide. */
  pending?: boolean;
}

/** The record of one attempt to take money. */
export function chargeOf(context: Context, facts: ChargeFacts): Charge {
  const { decline, method } = facts;
  const taken = decline === null && facts.pending !== true;
  return {
    id: newId('ch'),
    object: 'charge',
    amount: facts.amount,
    amount_captured: taken ? facts.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    authorization_code: undefined,
    balance_transaction: taken ? newId('txn') : null,
    billing_details: method.billing_details,
    calculated_statement_descriptor: 'EMULATOR',
    captured: taken,
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
    paid: taken,
    payment_intent: facts.intent,
    payment_method: method.id,
    payment_method_details: detailsOf(method, facts.amount),
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
    status: decline !== null ? 'failed' : taken ? 'succeeded' : 'pending',
    transfer: undefined,
    transfer_data: null,
    transfer_group: null,
  };
}

function detailsOf(method: PaymentMethod, amount: number): Charge['payment_method_details'] {
  const { sepa_debit: sepa, us_bank_account: us } = method;
  if (us !== undefined) {
    return {
      type: 'us_bank_account',
      us_bank_account: {
        account_holder_type: us.account_holder_type,
        account_type: us.account_type,
        bank_name: us.bank_name,
        fingerprint: us.fingerprint,
        last4: us.last4,
        payment_reference: null,
        routing_number: us.routing_number,
      },
    };
  }
  if (sepa !== undefined) {
    return {
      type: 'sepa_debit',
      sepa_debit: {
        bank_code: sepa.bank_code,
        branch_code: sepa.branch_code,
        country: sepa.country,
        fingerprint: sepa.fingerprint,
        last4: sepa.last4,
        mandate: null,
      },
    };
  }
  return { card: cardDetails(method, amount), type: 'card' };
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
