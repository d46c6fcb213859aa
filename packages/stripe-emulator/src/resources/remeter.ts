import type { Context } from '../state/context.ts';
import { idOf, idOrNull } from '../state/listed.ts';
import { listOf } from '../http/pagination.ts';
import type { Invoice, InvoiceLine } from '../state/tables.ts';
import { amountsOf, invoiceLines, type LineFacts } from './invoice-object.ts';
import { charged, unitsUsed } from './usage-lines.ts';

/**
 * A draft whose metered lines say what was used of their periods up to now. Stripe brings them up to date when it
 * finalizes (docs.stripe.com/billing/subscriptions/usage-based/configure-grace-period).
 */
export function remetered(context: Context, draft: Invoice): Invoice {
  let isChanged = false;
  const facts = draft.lines.data.map((line) => {
    const before = factsOf(context, draft, line);
    const meter = before.price?.recurring?.meter;
    // What a change of the subscription charged for is an item of its own, and stays as it was.
    if (before.price === null || meter === null || meter === undefined || before.invoice_item !== null)
      return before;
    const used = unitsUsed(context, meter, idOf(draft.customer ?? ''), line.period);
    if (used === before.quantity) return before;
    isChanged = true;
    return { ...before, ...charged(context, before.price, used, line.period) };
  });
  if (!isChanged) return draft;
  const lines = invoiceLines(context, draft.id, {
    currency: draft.currency,
    discounts: draft.discounts.map(idOf),
    exempt: draft.customer_tax_exempt,
    lines: facts,
    tax_rates: draft.default_tax_rates,
  }).map((line, index) => ({ ...line, id: draft.lines.data[index]?.id ?? line.id }));
  return {
    ...draft,
    lines: listOf(lines, draft.lines.url),
    ...amountsOf(lines, draft.starting_balance),
  };
}

function factsOf(context: Context, draft: Invoice, line: InvoiceLine): LineFacts {
  const details = line.parent?.subscription_item_details;
  const priceId = idOrNull(line.pricing?.price_details?.price);
  const invoiceItem = details?.invoice_item ?? line.parent?.invoice_item_details?.invoice_item ?? null;
  const subscription = idOrNull(draft.parent?.subscription_details?.subscription);
  const item =
    subscription === null
      ? undefined
      : context.data
          .get('subscription', subscription)
          ?.items.data.find(({ id }) => id === details?.subscription_item);
  const own =
    invoiceItem === null ? item?.tax_rates : context.data.get('invoiceitem', invoiceItem)?.tax_rates;
  return {
    amount: line.amount,
    quantity: line.quantity,
    description: line.description,
    period: line.period,
    metadata: line.metadata,
    discountable: line.discountable,
    price: priceId === null ? null : context.find('price', priceId),
    subscription: idOrNull(line.subscription),
    item: details?.subscription_item ?? null,
    invoice_item: invoiceItem,
    proration: details?.proration ?? line.parent?.invoice_item_details?.proration ?? false,
    tax_rates: own ?? [],
  };
}
