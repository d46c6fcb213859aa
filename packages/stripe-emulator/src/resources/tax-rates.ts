import { badParameter, invalid } from '../http/errors.ts';
import { page, pageFields, within } from '../http/pagination.ts';
import {
  clearable,
  flag,
  list,
  mergedMetadata,
  metadata,
  oneOf,
  range,
  required,
  shape,
  text,
  type Field,
} from '../http/params.ts';
import { route } from '../http/route.ts';
import { taxesOn } from '../billing/taxes.ts';
import type { Context } from '../state/context.ts';
import { newId } from '../state/ids.ts';
import type { Customer, InvoiceLine, TaxRate } from '../state/tables.ts';

const percentage: Field<number> = {
  read(form, name) {
    const value = text.read(form, name);
    if (!/^\d{1,3}(\.\d{1,4})?$/.test(value) || Number(value) > 100)
      throw badParameter('Must be from 0 to 100, with up to 4 decimals', name);
    return Number(value);
  },
};
const fields = {
  active: flag,
  country: text,
  description: text,
  display_name: text,
  jurisdiction: text,
  metadata,
  state: text,
  tax_type: text,
};
const createFields = {
  ...fields,
  display_name: required(text),
  inclusive: required(flag),
  percentage: required(percentage),
};

/** The ids of rates, as requests name them; an empty text takes all away. */
export const taxRatesField = clearable(list(text));
/** Whether Stripe works tax out by itself, which here comes to nothing. */
export const automaticTaxField = shape({
  enabled: required(flag),
  liability: shape({ type: required(oneOf('account', 'self')), account: text }),
});

export const taxRateRoutes = [
  route('POST', '/v1/tax_rates', createFields, (context, params) => {
    const rate: TaxRate = {
      id: newId('txr'),
      object: 'tax_rate',
      active: params.active ?? true,
      country: params.country ?? null,
      created: context.now,
      description: params.description ?? null,
      display_name: params.display_name,
      effective_percentage: null,
      flat_amount: null,
      inclusive: params.inclusive,
      jurisdiction: params.jurisdiction ?? null,
      jurisdiction_level: null,
      livemode: context.livemode,
      metadata: mergedMetadata(null, params.metadata),
      percentage: params.percentage,
      rate_type: 'percentage',
      state: params.state ?? null,
      tax_type: params.tax_type ?? null,
    };
    context.data.put('tax_rate', rate);
    context.emit('tax_rate.created', rate);
    return rate;
  }),
  route(
    'GET',
    '/v1/tax_rates',
    { ...pageFields, active: flag, created: range, inclusive: flag },
    ({ data }, params) =>
      page(
        data.all('tax_rate'),
        params,
        '/v1/tax_rates',
        (rate) =>
          (params.active === undefined || rate.active === params.active) &&
          (params.inclusive === undefined || rate.inclusive === params.inclusive) &&
          within(rate.created, params.created),
      ),
  ),
  route('GET', '/v1/tax_rates/:id', {}, (context, _params, { id }) => context.find('tax_rate', id)),
  route('POST', '/v1/tax_rates/:id', fields, (context, params, { id }) => {
    const before = context.find('tax_rate', id);
    const after: TaxRate = {
      ...before,
      active: params.active ?? before.active,
      description: params.description ?? before.description,
      display_name: params.display_name ?? before.display_name,
      jurisdiction: params.jurisdiction ?? before.jurisdiction,
      metadata: mergedMetadata(before.metadata, params.metadata),
    };
    context.data.put('tax_rate', after);
    context.emitUpdate('tax_rate.updated', before, after);
    return after;
  }),
];

/** The rates that were sent; an archived one cannot be used anew. */
export function ratesOf(context: Context, ids: string[] | null | undefined, param: string): TaxRate[] {
  return (ids ?? []).map((id) => {
    const rate = context.find('tax_rate', id, param);
    if (!rate.active) throw invalid(`The tax rate ${id} is archived.`, param);
    return rate;
  });
}

/**
 * The taxes of an amount, each rounded for itself. Customers who are exempt, or who account for the tax
 * themselves (`reverse`), owe none, and the line says why.
 */
export function taxesOf(
  amount: number,
  rates: TaxRate[],
  exempt: Customer['tax_exempt'] | null,
): NonNullable<InvoiceLine['taxes']> {
  const owed = exempt !== 'exempt' && exempt !== 'reverse';
  const parts = taxesOn(amount, rates);
  return rates.map((rate, index) => ({
    amount: owed ? (parts[index]?.amount ?? 0) : 0,
    tax_behavior: rate.inclusive ? 'inclusive' : 'exclusive',
    tax_rate_details: { tax_rate: rate.id },
    taxability_reason: owed ? 'standard_rated' : exempt === 'reverse' ? 'reverse_charge' : 'customer_exempt',
    taxable_amount: owed ? (parts[index]?.taxable ?? 0) : 0,
    type: 'tax_rate_details',
  }));
}

/** Taxes of many lines added up by rate, in the order in which they come. */
export function addedUp(taxes: NonNullable<InvoiceLine['taxes']>): NonNullable<InvoiceLine['taxes']> {
  const totals = new Map<string, NonNullable<InvoiceLine['taxes']>[number]>();
  for (const tax of taxes) {
    const key = tax.tax_rate_details?.tax_rate ?? '';
    const sum = totals.get(key);
    totals.set(key, {
      ...tax,
      amount: (sum?.amount ?? 0) + tax.amount,
      taxable_amount: (sum?.taxable_amount ?? 0) + (tax.taxable_amount ?? 0),
    });
  }
  return [...totals.values()];
}

/** What taxes add to an amount, and what of them it holds already. */
export function sumsOf(taxes: NonNullable<InvoiceLine['taxes']>): { exclusive: number; inclusive: number } {
  const sum = (behavior: string) =>
    taxes
      .filter(({ tax_behavior }) => tax_behavior === behavior)
      .reduce((total, { amount }) => total + amount, 0);
  return { exclusive: sum('exclusive'), inclusive: sum('inclusive') };
}

/** `automatic_tax` of an invoice. It is worked out, and comes to nothing: set rates where it should not. */
export function automaticTax(enabled: boolean) {
  return enabled
    ? {
        disabled_reason: null,
        enabled,
        liability: { type: 'self' as const },
        provider: 'stripe',
        status: 'complete' as const,
      }
    : { disabled_reason: null, enabled, liability: null, provider: null, status: null };
}
