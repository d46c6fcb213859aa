import Big from 'big.js';
import type { z } from 'zod';
import type { ListedPrice } from '../../stripe/stripe.listing.ts';
import { priceInput } from '../catalog/price.schemas.ts';

export type PriceWish = z.output<typeof priceInput>;

/** A price in our words, or why there are none for it. `feature` is the key of what a metered price counts. */
export function priceWish(price: ListedPrice, feature: string | undefined): PriceWish | { reason: string } {
  const { recurring } = price;
  if (recurring === null) {
    return { reason: 'It is paid once. Plans have recurring prices.' };
  }
  if (recurring.is_metered && feature === undefined) {
    return { reason: 'Its use is counted by a meter that cannot be taken over.' };
  }
  if (price.unit_amount === null && price.tiers_mode === null) {
    return { reason: 'Its amount is chosen by the customer.' };
  }
  const charge = chargeOf(price, recurring.is_metered);
  if ('reason' in charge) {
    return charge;
  }
  const parsed = priceInput.safeParse({
    ...charge.charge,
    currency: price.currency,
    interval: recurring.interval,
    interval_count: recurring.interval_count,
    ...(recurring.is_metered ? { feature } : {}),
  });
  return parsed.success
    ? parsed.data
    : { reason: `It does not fit: ${parsed.error.issues.map((issue) => issue.message).join('; ')}.` };
}

function chargeOf(price: ListedPrice, isMetered: boolean): { reason: string } | { charge: object } {
  if (price.tiers_mode !== null) {
    if (price.tiers.some((tier) => !isWhole(tier.flat_amount))) {
      return { reason: 'A tier has a flat amount with a fraction of the smallest unit.' };
    }
    const tiers = price.tiers.map((tier) => ({
      up_to: tier.up_to,
      unit_amount: plain(tier.unit_amount),
      flat_amount: Number(tier.flat_amount),
    }));
    return { charge: { type: price.tiers_mode, tiers } };
  }
  const amount = price.unit_amount ?? '0';
  if (price.divide_by !== null) {
    return price.rounds_up
      ? { charge: { type: 'package', unit_amount: plain(amount), package_size: price.divide_by } }
      : { reason: 'Its packages are rounded down; ours are charged when they are begun.' };
  }
  if (isMetered) {
    return { charge: { type: 'per_unit', unit_amount: plain(amount) } };
  }
  return isWhole(amount)
    ? { charge: { type: 'flat', amount: Number(amount) } }
    : { reason: 'Its amount has a fraction of the smallest unit.' };
}

function isWhole(amount: string): boolean {
  return new Big(amount).mod(1).eq(0);
}

/** Without an exponent. */
function plain(amount: string): string {
  return new Big(amount).toFixed();
}

/** `Pro Plan (2024)` is `pro-plan-2024`: a key of at most 60 characters, to which a number can be added. */
export function keyOf(name: string): string {
  const key = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
  return key === '' ? 'plan' : key;
}

/** What of the one's terms the other repeats: a version has one price for each purpose, currency and interval. */
export function purposeKey(wish: PriceWish): string {
  const purpose = wish.feature ?? (wish.type === 'flat' ? 'flat' : 'seats');
  return `${wish.currency} ${wish.interval} ${wish.interval_count} ${purpose}`;
}
