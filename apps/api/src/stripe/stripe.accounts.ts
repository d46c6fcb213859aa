import type Stripe from 'stripe';

/** What we keep of an account. */
export interface AccountState {
  charges_enabled: boolean;
  payouts_enabled: boolean;
}

export async function createAccount(
  stripe: Stripe,
  details: { email: string; merchant_name: string; environment_id: string },
  idempotencyKey: string,
): Promise<{ stripe_object_id: string }> {
  const account = await stripe.accounts.create(
    {
      type: 'standard',
      email: details.email,
      business_profile: { name: details.merchant_name },
      metadata: { bos_environment_id: details.environment_id },
    },
    { idempotencyKey },
  );
  return { stripe_object_id: account.id };
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
