import { invalid } from '../http/errors.ts';
import { page, pageFields, within } from '../http/pagination.ts';
import {
  clearable,
  list,
  mergedMetadata,
  metadata,
  oneOf,
  range,
  shape,
  text,
  type Params,
} from '../http/params.ts';
import { route } from '../http/route.ts';
import type { Context } from '../state/context.ts';
import { newId, randomText } from '../state/ids.ts';
import type { Customer } from '../state/tables.ts';
import { endSubscription } from './subscription-states.ts';
import { addressField, mergedAddress } from './address.ts';
import { attach } from './payment-methods.ts';

const shipping = shape({ address: addressField, name: text, phone: clearable(text) });
const fields = {
  address: clearable(addressField),
  description: clearable(text),
  email: clearable(text),
  invoice_prefix: text,
  invoice_settings: shape({ default_payment_method: clearable(text), footer: clearable(text) }),
  metadata,
  name: clearable(text),
  phone: clearable(text),
  preferred_locales: list(text),
  shipping: clearable(shipping),
  tax_exempt: oneOf('exempt', 'none', 'reverse'),
};
const createFields = { ...fields, payment_method: text, test_clock: text };
type Changes = Params<typeof fields>;

export const customerRoutes = [
  route('POST', '/v1/customers', createFields, (context, params) => createCustomer(context, params)),
  route(
    'GET',
    '/v1/customers',
    { ...pageFields, email: text, created: range, test_clock: text },
    ({ data }, params) =>
      page(
        data.all('customer'),
        params,
        '/v1/customers',
        (customer) =>
          within(customer.created, params.created) &&
          (params.email === undefined || customer.email === params.email) &&
          (params.test_clock === undefined || customer.test_clock === params.test_clock),
      ),
  ),
  route('GET', '/v1/customers/:id', {}, (context, _params, { id }) => {
    return context.data.get('_deleted', id) ?? context.find('customer', id);
  }),
  route('POST', '/v1/customers/:id', fields, (context, params, { id }) =>
    updateCustomer(context, id, params),
  ),
  route('DELETE', '/v1/customers/:id', {}, (context, _params, { id }) => deleteCustomer(context, id)),
];

/** Creates a customer and, when a payment method is given, attaches it. */
export function createCustomer(context: Context, params: Params<typeof createFields>): Customer {
  const blank: Customer = {
    id: newId('cus'),
    object: 'customer',
    address: null,
    balance: 0,
    business_name: undefined,
    cash_balance: undefined,
    created: context.now,
    currency: null,
    customer_account: null,
    default_source: null,
    deleted: undefined,
    delinquent: false,
    description: null,
    discount: null,
    email: null,
    individual_name: undefined,
    invoice_credit_balance: undefined,
    invoice_prefix: randomText(8).toUpperCase(),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: context.livemode,
    metadata: {},
    name: null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    sources: undefined,
    subscriptions: undefined,
    tax: undefined,
    tax_exempt: 'none',
    tax_ids: undefined,
    test_clock:
      params.test_clock === undefined
        ? null
        : context.find('test_helpers.test_clock', params.test_clock, 'test_clock').id,
  };
  const { invoice_settings, ...others } = params;
  const created = changed(blank, others);
  context.data.put('customer', created);
  if (params.payment_method !== undefined) attach(context, params.payment_method, created.id);
  // A default can only be a method of the customer, so it is set once the method is attached.
  const complete = invoice_settings === undefined ? created : changed(created, { invoice_settings }, context);
  context.data.put('customer', complete);
  context.emit('customer.created', complete);
  return complete;
}

/** Changes a customer; absent parameters keep what is stored. */
export function updateCustomer(context: Context, id: string, params: Changes): Customer {
  const before = context.find('customer', id);
  const after = changed(before, params, context);
  context.data.put('customer', after);
  context.emitUpdate('customer.updated', before, after);
  return after;
}

function changed(customer: Customer, params: Partial<Changes>, context?: Context): Customer {
  const { invoice_settings: settings } = params;
  const method = settings?.default_payment_method;
  if (typeof method === 'string' && context?.data.get('payment_method', method)?.customer !== customer.id) {
    throw invalid(
      `The customer does not have a payment method with the ID ${method}. The payment method must be attached to the customer.`,
      'invoice_settings[default_payment_method]',
      'resource_missing',
    );
  }
  return {
    ...customer,
    address:
      params.address === undefined
        ? (customer.address ?? null)
        : params.address === null
          ? null
          : mergedAddress(null, params.address),
    description: params.description === undefined ? customer.description : params.description,
    email: params.email === undefined ? customer.email : params.email,
    invoice_prefix: params.invoice_prefix ?? customer.invoice_prefix,
    invoice_settings: {
      ...customer.invoice_settings,
      default_payment_method:
        method === undefined ? customer.invoice_settings.default_payment_method : method,
      footer: settings?.footer === undefined ? customer.invoice_settings.footer : settings.footer,
    },
    metadata: mergedMetadata(customer.metadata, params.metadata),
    name: params.name === undefined ? customer.name : params.name,
    phone: params.phone === undefined ? customer.phone : params.phone,
    preferred_locales: params.preferred_locales ?? customer.preferred_locales,
    shipping: params.shipping === undefined ? customer.shipping : storedShipping(params.shipping),
    tax_exempt: params.tax_exempt ?? customer.tax_exempt,
  };
}

function storedShipping(sent: NonNullable<Changes['shipping']> | null): Customer['shipping'] {
  if (sent === null) return null;
  return { address: mergedAddress(null, sent.address), name: sent.name ?? '', phone: sent.phone ?? null };
}

/** Deletes the customer: its subscriptions end at once, its methods detach, its id answers `deleted`. */
export function deleteCustomer(context: Context, id: string): object {
  const customer = context.find('customer', id);
  for (const subscription of context.data.of('subscription', id)) {
    const running = subscription.status !== 'canceled' && subscription.status !== 'incomplete_expired';
    if (running) endSubscription(context, subscription, context.now);
  }
  for (const method of context.data.of('payment_method', id))
    context.data.put('payment_method', { ...method, customer: null });
  for (const invoice of context.data.of('invoice', id)) {
    if (invoice.status === 'draft') context.data.put('invoice', { ...invoice, auto_advance: false });
  }
  context.data.remove('customer', id);
  context.data.put('_deleted', { id, object: 'customer', deleted: true });
  context.emit('customer.deleted', customer);
  return { id, object: 'customer', deleted: true };
}
