import { PlanHasNoPrice, PriceNotChosen, PriceNotFound } from '../catalog/catalog.errors.ts';
import type { Plan } from '../catalog/plans.service.ts';

/** The price of a plan that is meant: the one named, or the only one there is. */
export function choosePrice(
  plan: Pick<Plan, 'key' | 'prices'>,
  priceId: string | undefined,
): Plan['prices'][number] {
  const [first, ...others] = plan.prices;
  if (first === undefined) {
    throw new PlanHasNoPrice(plan.key);
  }
  if (priceId !== undefined) {
    const named = plan.prices.find(({ id }) => id === priceId);
    if (named === undefined) {
      throw new PriceNotFound(plan.key, priceId);
    }
    return named;
  }
  if (others.length > 0) {
    throw new PriceNotChosen(plan.key);
  }
  return first;
}
