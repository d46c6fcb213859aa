import { sum } from '@billingos/pricing/money';
import { lineAmount } from '@billingos/pricing/price';
import { paidByCredits } from './credits-left.ts';
import type { Snapshot, SpendCap } from './snapshot.ts';

/** A question of the same use and units comes again and again: what it costs is worked out once. */
const lastSpent = new WeakMap<SpendCap, { question: string; amount: number }>();

/**
 * What the metered prices under a spend cap come to, by the function that invoices them, each rounded as a line of its
 * own, if `more` units of a feature were used on top of what is used and held: 900 calls and 150 more at 2 are 2,100. What
 * credits paid for costs nothing more, and what they would pay for costs nothing: with credits for 100 of them, 1,900.
 */
export function spentWith(
  cap: SpendCap,
  snapshot: Pick<Snapshot, 'features' | 'credits'>,
  { feature, units: more }: { feature: string; units: number },
): number {
  const units = cap.prices.map((price) => {
    const known = snapshot.features[price.feature];
    // The total in the cache is newer than what the cap was read with.
    const taken = known === undefined ? price.used : known.used + known.held;
    const asked = price.feature === feature ? more : 0;
    const paid = known === undefined ? 0 : paidByCredits(snapshot, known, asked);
    const paidBefore = known?.credit_units ?? price.credited ?? 0;
    return Math.max(0, Number((taken + asked - paidBefore - paid).toFixed(12)));
  });
  const question = units.join();
  const last = lastSpent.get(cap);
  if (last?.question === question) {
    return last.amount;
  }
  const amount = sum(cap.prices.map((price, index) => lineAmount(price, units[index] ?? 0)));
  lastSpent.set(cap, { question, amount });
  return amount;
}

/** The spend cap that `units` more of a feature would pass; of one that is passed already, any number. */
export function passedSpendCap(
  snapshot: Pick<Snapshot, 'features' | 'credits' | 'spend_caps'>,
  asked: { feature: string; units: number },
): SpendCap | undefined {
  return snapshot.spend_caps?.find(
    (cap) =>
      cap.prices.some(({ feature }) => feature === asked.feature) &&
      spentWith(cap, snapshot, asked) > cap.amount,
  );
}
