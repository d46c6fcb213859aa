import type { Entitlement, Feature, NewOverride } from '../../api/types.ts';
import { capsOf, type UsageCapDraft } from '../plans/usage-caps.ts';

export type OverrideDraft = {
  feature: string;
  effect: 'replace' | 'add' | 'deny';
  /** As typed; empty is unlimited. */
  limit: string;
  value: string;
  caps: UsageCapDraft[];
  /** A day, whose begin in UTC is meant; empty is until it is removed. */
  expires_at: string;
  reason: string;
};

/** What is sent for a draft: only the terms that fit the feature's type. */
export function overrideOf(draft: OverrideDraft, type: Feature['type']): NewOverride {
  const base = {
    feature: draft.feature,
    reason: draft.reason.trim(),
    ...(draft.expires_at === '' ? {} : { expires_at: `${draft.expires_at}T00:00:00Z` }),
  };
  if (draft.effect === 'deny') return { ...base, granted: false };
  const caps = capsOf(draft.caps);
  const limit = draft.limit.replaceAll(',', '').trim();
  switch (type) {
    case 'metered':
      return {
        ...base,
        mode: draft.effect,
        limit: limit === '' ? null : Number(limit),
        ...(caps.length === 0 ? {} : { caps }),
      };
    case 'config':
      return { ...base, value: draft.value.trim() };
    case 'boolean':
      return base;
  }
}

/** Where an entitlement comes from, in words: "Pro, Extra calls × 2, override". */
export function sourceWords(sources: NonNullable<Entitlement['sources']>): string {
  return sources
    .map(({ type, plan, mode, granted, quantity }) => {
      if (type === 'override') return granted ? (mode === 'add' ? 'override on top' : 'override') : 'denied';
      const named = type === 'default_plan' ? `${plan} by default` : (plan ?? type);
      return quantity > 1 ? `${named} × ${quantity}` : named;
    })
    .join(', ');
}
