import { invalid, StripeError } from '../http/errors.ts';
import { page, pageFields, within } from '../http/pagination.ts';
import { mergedMetadata, oneOf, range, required, shape, text, type Params } from '../http/params.ts';
import { route } from '../http/route.ts';
import type { Context } from '../state/context.ts';
import { newId, randomText } from '../state/ids.ts';
import type { Account } from '../state/tables.ts';
import { accountFields, accountObject, newAccountFields } from './account-object.ts';

const LINK_SECONDS = 300;

const linkFields = {
  account: required(text),
  collect: text,
  collection_options: shape({ fields: text, future_requirements: text }),
  refresh_url: required(text),
  return_url: required(text),
  type: required(oneOf('account_onboarding', 'account_update')),
};

export const accountRoutes = [
  route('POST', '/v1/accounts', newAccountFields, (context, params) => {
    requirePlatform(context);
    const account = changed(accountObject(context, newId('acct').slice(0, 21), params), params);
    context.data.put('account', account);
    return account;
  }),
  route('GET', '/v1/accounts', { ...pageFields, created: range }, (context, params) => {
    requirePlatform(context);
    return page(context.data.all('account'), params, '/v1/accounts', (account) =>
      within(account.created ?? 0, params.created),
    );
  }),
  route('GET', '/v1/account', {}, (context) => ownAccount(context)),
  route('GET', '/v1/accounts/:id', {}, (context, _params, { id }) => accountOf(context, id)),
  route('POST', '/v1/accounts/:id', accountFields, (context, params, { id }) =>
    save(context, accountOf(context, id), (account) => changed(account, params)),
  ),
  route('DELETE', '/v1/accounts/:id', {}, (context, _params, { id }) => {
    requirePlatform(context);
    context.data.remove('account', accountOf(context, id).id);
    return { id, object: 'account', deleted: true };
  }),
  route('POST', '/v1/account_links', linkFields, (context, params) => {
    const account = accountOf(context, params.account);
    const token = randomText(24);
    context.platform.put('_account_link', {
      id: token,
      account: account.id,
      return_url: params.return_url,
      refresh_url: params.refresh_url,
      expires_at: context.now + LINK_SECONDS,
      used: false,
    });
    return {
      object: 'account_link',
      created: context.now,
      expires_at: context.now + LINK_SECONDS,
      url: `${context.baseUrl}/setup/${account.id}/${token}`,
    };
  }),
];

/** The account whose owner finished the hosted onboarding: it can charge and be paid out. */
export function completeOnboarding(context: Context, id: string): Account {
  return save(context, accountOf(context, id), (account) => ({
    ...account,
    capabilities: { card_payments: 'active', transfers: 'active' },
    charges_enabled: true,
    payouts_enabled: true,
    details_submitted: true,
    requirements:
      account.requirements === undefined
        ? undefined
        : { ...account.requirements, currently_due: [], eventually_due: [], disabled_reason: null },
    tos_acceptance: { date: context.now, ip: null, user_agent: null },
  }));
}

function save(context: Context, before: Account, change: (account: Account) => Account): Account {
  const after = change(before);
  context.platform.put('account', after);
  const previous = Object.fromEntries(
    Object.entries(before).filter(
      ([key, value]) => JSON.stringify(value) !== JSON.stringify(new Map(Object.entries(after)).get(key)),
    ),
  );
  emitOf(context, after, 'account.updated', previous);
  return after;
}

/** Reports in the account's own data, from where connect endpoints hear of it. */
function emitOf(context: Context, account: Account, type: 'account.updated', previous: object): void {
  context.inDataset(context.store.dataset(context.data.mode, account.id), (own) =>
    own.emit(type, account, previous),
  );
}

function accountOf(context: Context, id: string): Account {
  const found = context.platform.get('account', id);
  const visible = context.data.account === null || context.data.account === id;
  if (found !== undefined && visible) return found;
  throw new StripeError(403, {
    type: 'invalid_request_error',
    code: 'account_invalid',
    message: `The provided key does not have access to account '${id}' (or that account does not exist). Application access may have been revoked.`,
  });
}

/** The connected account that speaks, or the platform's own. */
function ownAccount(context: Context): Account {
  if (context.data.account !== null) return accountOf(context, context.data.account);
  const platform = accountObject(context, 'acct_platform', { type: 'standard', country: 'US' });
  return { ...platform, charges_enabled: true, payouts_enabled: true, details_submitted: true };
}

function requirePlatform(context: Context): void {
  if (context.data.account !== null)
    throw invalid('Only Stripe Connect platforms can work with other accounts.', 'account');
}

function changed(account: Account, params: Params<typeof accountFields>): Account {
  const { business_profile: profile, capabilities } = params;
  return {
    ...account,
    business_profile: {
      annual_revenue: null,
      estimated_worker_count: null,
      mcc: profile?.mcc ?? account.business_profile?.mcc ?? null,
      minority_owned_business_designation: null,
      name: profile?.name ?? account.business_profile?.name ?? null,
      product_description:
        profile?.product_description ?? account.business_profile?.product_description ?? null,
      specified_commercial_transactions_act_url: null,
      support_address: null,
      support_email: profile?.support_email ?? account.business_profile?.support_email ?? null,
      support_phone: null,
      support_url: null,
      url: profile?.url ?? account.business_profile?.url ?? null,
    },
    business_type: params.business_type ?? account.business_type,
    capabilities: {
      ...account.capabilities,
      ...(capabilities?.card_payments?.requested === true ? { card_payments: 'inactive' } : {}),
      ...(capabilities?.transfers?.requested === true ? { transfers: 'inactive' } : {}),
    },
    email: params.email ?? account.email,
    metadata: mergedMetadata(account.metadata ?? {}, params.metadata),
  };
}
