import type Stripe from 'stripe';
import { findMarked } from './find-marked.ts';
import type { CallContext, CallResult } from './intents.ts';

/** What we keep of an account. */
export interface AccountState {
  charges_enabled: boolean;
  payouts_enabled: boolean;
}

export async function createAccount(
  stripe: Stripe,
  details: { email: string; merchant_name: string },
  { environment_id: environmentId, idempotency_key: idempotencyKey, intent_id: intentId }: CallContext,
): Promise<CallResult> {
  const account = await stripe.accounts.create(
    {
      type: 'standard',
      email: details.email,
      business_profile: { name: details.merchant_name },
      metadata: { bos_environment_id: environmentId, bos_intent_id: intentId },
    },
    { idempotencyKey },
  );
  return { stripe_object_id: account.id };
}

const clockSkewMs = 24 * 60 * 60 * 1_000;

/** The account that was made for a wish. */
export async function findAccount(
  stripe: Stripe,
  { intent_id: intentId, begun_at: begunAt }: CallContext,
): Promise<CallResult | undefined> {
  const since = Math.floor((begunAt.getTime() - clockSkewMs) / 1_000);
  return findMarked(stripe.accounts.list({ created: { gte: since }, limit: 100 }), 'bos_intent_id', intentId);
}

/** The address of Stripe's own pages that finish setting the account up. Valid for some minutes. */
export async function onboardingUrl(
  stripe: Stripe,
  accountId: string,
  urls: { return_url: string; refresh_url: string },
): Promise<string> {
  const link = await stripe.accountLinks.create({ account: accountId, type: 'account_onboarding', ...urls });
  return link.url;
}

export async function retrieveAccount(stripe: Stripe, accountId: string): Promise<AccountState> {
  const account = await stripe.accounts.retrieve(accountId);
  return { charges_enabled: account.charges_enabled, payouts_enabled: account.payouts_enabled };
}
