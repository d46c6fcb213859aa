import { invalid } from '../http/errors.ts';
import { page, pageFields } from '../http/pagination.ts';
import { flag, mergedMetadata, metadata, required, text } from '../http/params.ts';
import { route } from '../http/route.ts';
import type { Context } from '../state/context.ts';
import { newId } from '../state/ids.ts';
import type { Feature, ProductFeature } from '../state/tables.ts';

const createFields = { lookup_key: required(text), name: required(text), metadata };
const updateFields = { active: flag, name: text, metadata };

export const featureRoutes = [
  route('POST', '/v1/entitlements/features', createFields, (context, params) => {
    const taken = [...context.data.all('entitlements.feature')].some(
      (feature) => feature.active && feature.lookup_key === params.lookup_key,
    );
    if (taken) {
      throw invalid(
        `A feature with the lookup_key '${params.lookup_key}' already exists.`,
        'lookup_key',
        'resource_already_exists',
      );
    }
    const feature: Feature = {
      id: newId('feat'),
      object: 'entitlements.feature',
      active: true,
      livemode: context.livemode,
      lookup_key: params.lookup_key,
      metadata: mergedMetadata(null, params.metadata),
      name: params.name,
    };
    context.data.put('entitlements.feature', feature);
    return feature;
  }),
  route(
    'GET',
    '/v1/entitlements/features',
    { ...pageFields, archived: flag, lookup_key: text },
    ({ data }, params) =>
      page(
        data.all('entitlements.feature'),
        params,
        '/v1/entitlements/features',
        (feature) =>
          (params.archived === undefined || feature.active !== params.archived) &&
          (params.lookup_key === undefined || feature.lookup_key === params.lookup_key),
      ),
  ),
  route('GET', '/v1/entitlements/features/:id', {}, (context, _params, { id }) =>
    context.find('entitlements.feature', id),
  ),
  route('POST', '/v1/entitlements/features/:id', updateFields, (context, params, { id }) => {
    const before = context.find('entitlements.feature', id);
    const after: Feature = {
      ...before,
      active: params.active ?? before.active,
      metadata: mergedMetadata(before.metadata, params.metadata),
      name: params.name ?? before.name,
    };
    context.data.put('entitlements.feature', after);
    return after;
  }),
  route(
    'POST',
    '/v1/products/:product/features',
    { entitlement_feature: required(text) },
    (context, params, path) => {
      const product = context.find('product', path.product);
      const feature = context.find('entitlements.feature', params.entitlement_feature, 'entitlement_feature');
      if (
        productFeatures(context, product.id).some(
          (attached) => attached.entitlement_feature.id === feature.id,
        )
      ) {
        throw invalid(
          'This feature is already attached to this product.',
          'entitlement_feature',
          'resource_already_exists',
        );
      }
      const attached: ProductFeature = {
        id: newId('prodft'),
        object: 'product_feature',
        deleted: undefined,
        entitlement_feature: feature,
        livemode: context.livemode,
      };
      context.data.put('product_feature', attached);
      context.data.put('_product_feature_owner', { id: attached.id, product: product.id });
      return attached;
    },
  ),
  route('GET', '/v1/products/:product/features', pageFields, (context, params, { product }) =>
    page(
      productFeatures(context, context.find('product', product).id),
      params,
      `/v1/products/${product}/features`,
    ),
  ),
  route('GET', '/v1/products/:product/features/:id', {}, (context, _params, { product, id }) =>
    ownProductFeature(context, product, id),
  ),
  route('DELETE', '/v1/products/:product/features/:id', {}, (context, _params, { product, id }) => {
    context.data.remove('product_feature', ownProductFeature(context, product, id).id);
    context.data.remove('_product_feature_owner', id);
    return { id, object: 'product_feature', deleted: true };
  }),
];

/** The features attached to a product, oldest first, each as the feature is now. */
export function productFeatures(context: Context, product: string): ProductFeature[] {
  return [...context.data.all('product_feature')]
    .filter(({ id }) => context.data.get('_product_feature_owner', id)?.product === product)
    .map((attached) => ({
      ...attached,
      entitlement_feature: context.find('entitlements.feature', attached.entitlement_feature.id),
    }));
}

function ownProductFeature(context: Context, product: string, id: string): ProductFeature {
  const owned = context.data.get('_product_feature_owner', id)?.product === product;
  return context.find('product_feature', owned ? id : `${product}/${id}`);
}
