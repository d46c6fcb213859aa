import { invalid } from '../http/errors.ts';
import { page, pageFields } from '../http/pagination.ts';
import { mergedMetadata, metadata, required, text, whole } from '../http/params.ts';
import { route } from '../http/route.ts';
import type { Context } from '../state/context.ts';
import { newId } from '../state/ids.ts';
import type { BalanceTransaction } from '../state/tables.ts';

const createFields = { amount: required(whole), currency: required(text), description: text, metadata };

/** The credit (negative) or debit (positive) that a customer's next invoices take up. */
export const customerBalanceRoutes = [
  route('POST', '/v1/customers/:id/balance_transactions', createFields, (context, params, { id }) => {
    const { currency } = context.find('customer', id);
    if (currency !== null && currency !== undefined && currency !== params.currency.toLowerCase())
      throw invalid(`The currency of this customer is ${currency}.`, 'currency');
    return moveBalance(context, id, {
      amount: params.amount,
      currency: params.currency.toLowerCase(),
      description: params.description ?? null,
      metadata: mergedMetadata(null, params.metadata),
      type: 'adjustment',
    });
  }),
  route('GET', '/v1/customers/:id/balance_transactions', pageFields, (context, params, { id }) =>
    page(
      context.data.all('customer_balance_transaction'),
      params,
      `/v1/customers/${id}/balance_transactions`,
      ({ customer }) => customer === id,
    ),
  ),
  route(
    'GET',
    '/v1/customers/:id/balance_transactions/:transaction',
    {},
    (context, _params, { transaction }) => context.find('customer_balance_transaction', transaction),
  ),
];

interface Movement {
  /** In minor units; negative gives credit. */
  amount: number;
  currency: string;
  type: BalanceTransaction['type'];
  description?: string | null;
  metadata?: Record<string, string>;
  invoice?: string;
  credit_note?: string;
}

/** Moves a customer's balance and keeps the record of it. */
export function moveBalance(context: Context, id: string, movement: Movement): BalanceTransaction {
  const before = context.find('customer', id);
  const after = { ...before, balance: before.balance + movement.amount, currency: movement.currency };
  const transaction: BalanceTransaction = {
    id: newId('cbtxn'),
    object: 'customer_balance_transaction',
    amount: movement.amount,
    checkout_session: null,
    created: context.now,
    credit_note: movement.credit_note ?? null,
    currency: movement.currency,
    customer: id,
    customer_account: null,
    description: movement.description ?? null,
    ending_balance: after.balance,
    invoice: movement.invoice ?? null,
    livemode: context.livemode,
    metadata: movement.metadata ?? {},
    type: movement.type,
  };
  context.data.put('customer', after);
  context.data.put('customer_balance_transaction', transaction);
  context.emitUpdate('customer.updated', before, after);
  return transaction;
}
