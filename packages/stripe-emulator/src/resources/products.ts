import { invalid } from '../http/errors.ts';
import { page, pageFields, within } from '../http/pagination.ts';
import { flag, list, range, shape, text, type Params } from '../http/params.ts';
import { route } from '../http/route.ts';
import type { Context } from '../state/context.ts';
import { idOf } from '../state/listed.ts';
import type { Product } from '../state/tables.ts';
import { createPrice, priceFields } from './prices.ts';
import { changedProduct, createProduct, newProductFields, productFields } from './product-object.ts';

const createFields = {
  ...newProductFields,
  default_price_data: shape({
    currency: priceFields.currency,
    unit_amount: priceFields.unit_amount,
    unit_amount_decimal: priceFields.unit_amount_decimal,
    recurring: priceFields.recurring,
    metadata: priceFields.metadata,
    tax_behavior: priceFields.tax_behavior,
  }),
};

export const productRoutes = [
  route('POST', '/v1/products', createFields, (context, params) => createWithPrice(context, params)),
  route(
    'GET',
    '/v1/products',
    { ...pageFields, active: flag, created: range, ids: list(text), url: text },
    ({ data }, params) =>
      page(
        data.all('product'),
        params,
        '/v1/products',
        (product) =>
          (params.active === undefined || product.active === params.active) &&
          (params.ids === undefined || params.ids.includes(product.id)) &&
          (params.url === undefined || product.url === params.url) &&
          within(product.created, params.created),
      ),
  ),
  route('GET', '/v1/products/:id', {}, (context, _params, { id }) => {
    return context.data.get('_deleted', id) ?? context.find('product', id);
  }),
  route('POST', '/v1/products/:id', { ...productFields, default_price: text }, (context, params, { id }) => {
    const before = context.find('product', id);
    const price =
      params.default_price === undefined
        ? before.default_price
        : context.find('price', params.default_price, 'default_price').id;
    const after = { ...changedProduct(before, params), default_price: price, updated: context.now };
    context.data.put('product', after);
    context.emitUpdate('product.updated', before, after);
    return after;
  }),
  route('DELETE', '/v1/products/:id', {}, (context, _params, { id }) => deleteProduct(context, id)),
];

/** Creates a product, with a first price when `default_price_data` asks for one. */
function createWithPrice(context: Context, params: Params<typeof createFields>): Product {
  const product = createProduct(context, params);
  if (params.default_price_data === undefined) return product;
  const price = createPrice(context, { ...params.default_price_data, product: product.id });
  const priced = { ...product, default_price: price.id };
  context.data.put('product', priced);
  return priced;
}

function deleteProduct(context: Context, id: string): object {
  const product = context.find('product', id);
  if ([...context.data.all('price')].some((price) => idOf(price.product) === id)) {
    throw invalid('This product cannot be deleted because it has one or more user-created prices.', 'id');
  }
  context.data.remove('product', id);
  context.data.put('_deleted', { id, object: 'product', deleted: true });
  context.emit('product.deleted', product);
  return { id, object: 'product', deleted: true };
}
