import type { Entitlement, Feature, NewOverride } from '../../api/types.ts';

export type OverrideDraft = {
  feature: string;
  effect: 'replace' | 'add' | 'deny';
  /** As typed; empty is unlimited. */
  limit: string;
  value: string;
  reason: string;
};

/** What is sent for a draft: only the terms that fit the feature's type. */
export function overrideOf(draft: OverrideDraft, type: Feature['type']): NewOverride {
  const base = { feature: draft.feature, reason: draft.reason.trim() };
  if (draft.effect === 'deny') return { ...base, granted: false };
  const limit = draft.limit.replaceAll(',', '').trim();
  switch (type) {
    case 'metered':
      return { ...base, mode: draft.effect, limit: limit === '' ? null : Number(limit) };
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
