import type { CreditGrant } from '../../api/types.ts';

const dayMs = 24 * 60 * 60 * 1000;

const expiries = ['soon', 'month', 'later', 'never'] as const;
export type Expiry = (typeof expiries)[number];

/** When what can be used now is lost: within 7 days, within 30, later, or never. Parts of nothing are left out. */
export function stockOf(
  grants: readonly Pick<CreditGrant, 'state' | 'remaining' | 'expires_at'>[],
  now: number,
): { expiry: Expiry; quantity: number }[] {
  const active = grants.filter(({ state, remaining }) => state === 'active' && remaining > 0);
  return expiries.flatMap((expiry) => {
    const quantity = active
      .filter(({ expires_at }) => expiryOf(expires_at, now) === expiry)
      .reduce((sum, { remaining }) => sum + remaining, 0);
    return quantity > 0 ? [{ expiry, quantity }] : [];
  });
}

function expiryOf(expires_at: string | null, now: number): Expiry {
  if (expires_at === null) return 'never';
  const days = (new Date(expires_at).getTime() - now) / dayMs;
  if (days <= 7) return 'soon';
  return days <= 30 ? 'month' : 'later';
}
