import { FeatureGrantedTwice, FeatureNotFound, GrantDoesNotFitFeature } from './catalog.errors.ts';

interface WishedGrant {
  feature: string;
  limit?: number | null | undefined;
  overage?: 'block' | 'allow' | undefined;
  value?: string | undefined;
  caps?: UsageCap[] | undefined;
}

/** At most so much within each minute, hour, day, week (from Monday) or month, in UTC. */
export interface UsageCap {
  interval: CapInterval;
  quantity: number;
}
export const capIntervals = ['minute', 'hour', 'day', 'week', 'month'] as const;
export type CapInterval = (typeof capIntervals)[number];

interface KnownFeature {
  id: string;
  key: string;
  type: 'boolean' | 'metered' | 'config';
}

export interface Grant {
  feature_id: string;
  limit: number | null;
  overage: 'block' | 'allow' | null;
  value: string | null;
  /** Null: none. */
  caps: UsageCap[] | null;
}

/**
 * What a plan grants, from what was wished for it. A metered feature needs a limit (null: unlimited), a config feature
 * a value, a boolean one neither: `{ feature: 'api_calls', limit: 1000 }` blocks at 1,000 unless overage is allowed.
 */
export function grantsOf(wishes: readonly WishedGrant[], known: readonly KnownFeature[]): Grant[] {
  return wishes.map((wish, index) => {
    const at = `features.${index}`;
    const feature = known.find(({ key }) => key === wish.feature);
    if (feature === undefined) {
      throw new FeatureNotFound(wish.feature, `${at}.feature`);
    }
    if (wishes.findIndex((other) => other.feature === wish.feature) !== index) {
      throw new FeatureGrantedTwice(wish.feature, `${at}.feature`);
    }
    return { feature_id: feature.id, ...termsOf(wish, feature, at) };
  });
}

/** What is granted of one feature; `at` is where the wish stands in the body, '' for the body itself. */
export function termsOf(
  wish: Omit<WishedGrant, 'feature'>,
  feature: KnownFeature,
  at: string,
): Omit<Grant, 'feature_id'> {
  const refuse = (field: string, reason: string): never => {
    throw new GrantDoesNotFitFeature(
      `The feature ${feature.key} is ${feature.type}: ${reason}`,
      at === '' ? field : `${at}.${field}`,
    );
  };
  if (feature.type !== 'metered' && wish.limit !== undefined) {
    refuse('limit', 'it takes no limit.');
  }
  if (feature.type !== 'metered' && wish.overage !== undefined) {
    refuse('overage', 'it takes no overage.');
  }
  if (feature.type !== 'metered' && wish.caps !== undefined) {
    refuse('caps', 'it takes no caps.');
  }
  if (feature.type !== 'config' && wish.value !== undefined) {
    refuse('value', 'it takes no value.');
  }
  switch (feature.type) {
    case 'boolean':
      return { limit: null, overage: null, value: null, caps: null };
    case 'config':
      return {
        limit: null,
        overage: null,
        value: wish.value ?? refuse('value', 'it needs a value.'),
        caps: null,
      };
    case 'metered':
      return {
        limit:
          wish.limit === undefined ? refuse('limit', 'it needs a limit; null is unlimited.') : wish.limit,
        overage: wish.overage ?? 'block',
        value: null,
        caps: wish.caps === undefined || wish.caps.length === 0 ? null : wish.caps,
      };
  }
}
