'use client';

import { useFormContext } from 'react-hook-form';
import type { Feature } from '../../api/types.ts';
import { PlanCard } from './plan-card.tsx';
import { draftCredits } from './plan-credits.ts';
import {
  chargeTerms,
  draftFeatures,
  draftPrices,
  draftSpendCap,
  type PlanDraft,
  type WishedPrice,
} from './plan-draft.ts';
import type { PriceTerms } from './plan-terms.ts';

/** The plan as it is typed, the way a buyer will see it. */
export function PlanPreview({ catalog }: { catalog: readonly Feature[] }) {
  const draft = useFormContext<PlanDraft>().watch();
  const features = draftFeatures(draft, catalog).flatMap(({ feature: key, limit, overage, value, caps }) => {
    const feature = catalog.find((one) => one.key === key);
    if (!feature) return [];
    const { name, type } = feature;
    return [
      {
        feature: key,
        name,
        type,
        limit: limit ?? null,
        overage: overage ?? 'block',
        value: value ?? null,
        caps: caps ?? null,
      },
    ];
  });
  const prices = draftPrices(draft).map(shownPrice);
  const credits = draftCredits(draft.credits);
  const version = { spend_cap: draftSpendCap(draft) };
  return (
    <aside aria-label="Preview" className="grid h-fit gap-2 lg:sticky lg:top-25">
      <p className="text-xs font-medium text-muted">Preview</p>
      <PlanCard plan={{ ...draft, prices, features, credits, version }} unpriced="–" />
    </aside>
  );
}

function shownPrice(price: WishedPrice): PriceTerms {
  const { tiers, amount, ...charge } = chargeTerms(price);
  const { currency, interval, interval_count = 1, feature = null } = price;
  return {
    ...charge,
    tiers: tiers === null ? null : [...tiers],
    amount: amount === null ? null : { amount, currency },
    currency,
    interval,
    interval_count,
    feature,
  };
}
