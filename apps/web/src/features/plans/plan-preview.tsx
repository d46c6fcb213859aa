'use client';

import { useFormContext } from 'react-hook-form';
import type { Feature } from '../../api/types.ts';
import { PlanCard } from './plan-card.tsx';
import { draftFeatures, draftPrices, type PlanDraft } from './plan-draft.ts';

/** The plan as it is typed, the way a buyer will see it. */
export function PlanPreview({ catalog }: { catalog: readonly Feature[] }) {
  const draft = useFormContext<PlanDraft>().watch();
  const features = draftFeatures(draft, catalog).flatMap(({ feature: key, limit, overage, value }) => {
    const feature = catalog.find((one) => one.key === key);
    if (!feature) return [];
    const { name, type } = feature;
    return [
      { feature: key, name, type, limit: limit ?? null, overage: overage ?? 'block', value: value ?? null },
    ];
  });
  const prices = draftPrices(draft).map(({ amount, currency, interval, interval_count = 1 }) => ({
    amount: { amount, currency },
    interval,
    interval_count,
  }));
  return (
    <aside aria-label="Preview" className="grid h-fit gap-2 lg:sticky lg:top-25">
      <p className="text-xs font-medium text-muted">Preview</p>
      <PlanCard plan={{ ...draft, prices, features }} unpriced="–" />
    </aside>
  );
}
