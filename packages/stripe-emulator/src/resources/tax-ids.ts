import { invalid } from '../http/errors.ts';
import { page, pageFields } from '../http/pagination.ts';
import { required, text } from '../http/params.ts';
import { route } from '../http/route.ts';
import type { Context } from '../state/context.ts';
import { newId } from '../state/ids.ts';
import type { TaxId } from '../state/tables.ts';

const URL = '/v1/customers/:id/tax_ids';

/** Tax ids of customers. Nobody verifies them: a value that begins with zeros stands for a bad one. */
export const taxIdRoutes = [
  route('POST', URL, { type: required(text), value: required(text) }, (context, params, { id }) => {
    context.find('customer', id);
    if (!/^[a-z]{2}_[a-z_]{2,10}$/.test(params.type)) throw invalid(`Invalid type: ${params.type}`, 'type');
    const taxId: TaxId = {
      id: newId('txi'),
      object: 'tax_id',
      country: params.type.startsWith('eu')
        ? params.value.slice(0, 2)
        : params.type.slice(0, 2).toUpperCase(),
      created: context.now,
      customer: id,
      customer_account: null,
      deleted: undefined,
      livemode: context.livemode,
      owner: { customer: id, customer_account: null, type: 'customer' },
      type: params.type,
      value: params.value,
      verification: {
        status: /^[A-Z]*000/.test(params.value) ? 'unverified' : 'verified',
        verified_address: null,
        verified_name: null,
      },
    };
    context.data.put('tax_id', taxId);
    context.emit('customer.tax_id.created', taxId);
    return taxId;
  }),
  route('GET', URL, pageFields, (context, params, { id }) =>
    page(taxIdsOf(context, id), params, `/v1/customers/${id}/tax_ids`),
  ),
  route('GET', `${URL}/:tax`, {}, (context, _params, { tax }) => context.find('tax_id', tax)),
  route('DELETE', `${URL}/:tax`, {}, (context, _params, { tax }) => {
    const taxId = context.find('tax_id', tax);
    context.data.remove('tax_id', tax);
    context.emit('customer.tax_id.deleted', taxId);
    return { id: tax, object: 'tax_id', deleted: true };
  }),
];

/** The tax ids of a customer, oldest first. */
export function taxIdsOf(context: Context, customer: string): TaxId[] {
  return [...context.data.all('tax_id')].filter((taxId) => taxId.customer === customer);
}
