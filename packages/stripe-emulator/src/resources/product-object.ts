import { invalid } from '../http/errors.ts';
import {
  clearable,
  flag,
  list,
  mergedMetadata,
  metadata,
  required,
  shape,
  text,
  type Params,
} from '../http/params.ts';
import type { Context } from '../state/context.ts';
import { newId } from '../state/ids.ts';
import type { Product } from '../state/tables.ts';

export const productFields = {
  active: flag,
  description: clearable(text),
  images: list(text),
  marketing_features: list(shape({ name: required(text) })),
  metadata,
  name: text,
  shippable: flag,
  statement_descriptor: text,
  tax_code: clearable(text),
  unit_label: clearable(text),
  url: clearable(text),
};

export const newProductFields = { ...productFields, id: text, name: required(text) };

/** Creates a product. */
export function createProduct(context: Context, params: Params<typeof newProductFields>): Product {
  const id = params.id ?? newId('prod');
  if (context.data.get('product', id) !== undefined) {
    throw invalid(`Product already exists.`, 'id', 'resource_already_exists');
  }
  const blank: Product = {
    id,
    object: 'product',
    active: true,
    created: context.now,
    default_price: null,
    deleted: undefined,
    description: null,
    images: [],
    livemode: context.livemode,
    marketing_features: [],
    metadata: {},
    name: params.name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    tax_details: null,
    type: 'service',
    unit_label: null,
    updated: context.now,
    url: null,
  };
  const product = changedProduct(blank, params);
  context.data.put('product', product);
  context.emit('product.created', product);
  return product;
}

/** The product with the sent parameters in place of the stored ones. */
export function changedProduct(product: Product, params: Partial<Params<typeof productFields>>): Product {
  return {
    ...product,
    active: params.active ?? product.active,
    description: params.description === undefined ? product.description : params.description,
    images: params.images ?? product.images,
    marketing_features: params.marketing_features ?? product.marketing_features,
    metadata: mergedMetadata(product.metadata, params.metadata),
    name: params.name ?? product.name,
    shippable: params.shippable ?? product.shippable,
    statement_descriptor: params.statement_descriptor ?? product.statement_descriptor,
    tax_code: params.tax_code === undefined ? product.tax_code : params.tax_code,
    unit_label: params.unit_label === undefined ? product.unit_label : params.unit_label,
    url: params.url === undefined ? product.url : params.url,
  };
}
