import { GrantDoesNotFitFeature } from '../catalog/catalog.errors.ts';
import { type Grant, termsOf } from '../catalog/plan.ts';
import type { OverrideWish } from './override.schemas.ts';

/**
 * What an override says of a feature. A denial has no terms; what is added leaves overage to the plans unless it says
 * otherwise: `{ mode: 'add', limit: 500 }` is 500 more, soft where the plan is soft.
 */
export function overrideTerms(
  wish: Pick<OverrideWish, 'mode' | 'granted' | 'limit' | 'overage' | 'value' | 'caps'>,
  feature: { id: string; key: string; type: 'boolean' | 'metered' | 'config' },
): Omit<Grant, 'feature_id'> {
  if (wish.granted) {
    const terms = termsOf(wish, feature, '');
    return { ...terms, overage: wish.mode === 'add' ? (wish.overage ?? null) : terms.overage };
  }
  if (wish.mode === 'add') {
    throw new GrantDoesNotFitFeature('A denial adds nothing: use mode replace.', 'mode');
  }
  for (const field of ['limit', 'overage', 'value', 'caps'] as const) {
    if (wish[field] !== undefined) {
      throw new GrantDoesNotFitFeature(`A denial takes no ${field}: leave it out, or grant.`, field);
    }
  }
  return { limit: null, overage: null, value: null, caps: null };
}
