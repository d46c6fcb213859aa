import { flag, metadata, oneOf, required, shape, text, type Params } from '../http/params.ts';
import type { Context } from '../state/context.ts';
import type { Account } from '../state/tables.ts';

const requested = shape({ requested: required(flag) });
export const accountFields = {
  business_profile: shape({
    name: text,
    url: text,
    support_email: text,
    mcc: text,
    product_description: text,
  }),
  business_type: oneOf('company', 'government_entity', 'individual', 'non_profit'),
  capabilities: shape({ card_payments: requested, transfers: requested }),
  email: text,
  metadata,
};
export const newAccountFields = {
  ...accountFields,
  controller: shape({
    fees: shape({ payer: text }),
    losses: shape({ payments: text }),
    requirement_collection: text,
    stripe_dashboard: shape({ type: oneOf('express', 'full', 'none') }),
  }),
  country: text,
  default_currency: text,
  type: oneOf('custom', 'express', 'standard'),
};
export type AccountParams = Params<typeof newAccountFields>;

/** A connected account whose owner has not been asked for anything yet. */
export function accountObject(context: Context, id: string, params: AccountParams): Account {
  const due = ['business_type', 'external_account', 'tos_acceptance.date', 'tos_acceptance.ip'];
  const dashboard = params.controller?.stripe_dashboard?.type;
  return {
    id,
    object: 'account',
    business_profile: undefined,
    business_type: null,
    capabilities: {},
    charges_enabled: false,
    company: undefined,
    controller: {
      fees: { payer: params.controller?.fees?.payer ?? 'account' },
      is_controller: true,
      losses: { payments: params.controller?.losses?.payments ?? 'stripe' },
      requirement_collection: params.controller?.requirement_collection ?? 'stripe',
      stripe_dashboard: {
        type:
          dashboard ?? (params.type === 'express' ? 'express' : params.type === 'custom' ? 'none' : 'full'),
      },
      type: 'application',
    },
    country: params.country ?? 'US',
    created: context.now,
    default_currency: params.default_currency ?? 'usd',
    deleted: undefined,
    details_submitted: false,
    email: null,
    external_accounts: {
      object: 'list',
      data: [],
      has_more: false,
      url: `/v1/accounts/${id}/external_accounts`,
    },
    future_requirements: {
      alternatives: [],
      current_deadline: null,
      currently_due: [],
      disabled_reason: null,
      errors: [],
      eventually_due: [],
      past_due: [],
      pending_verification: [],
    },
    groups: undefined,
    individual: undefined,
    metadata: {},
    payouts_enabled: false,
    requirements: {
      alternatives: [],
      current_deadline: null,
      currently_due: due,
      disabled_reason: 'requirements.past_due',
      errors: [],
      eventually_due: due,
      past_due: due,
      pending_verification: [],
    },
    settings: {
      branding: { icon: null, logo: null, primary_color: null, secondary_color: null },
      card_payments: {
        decline_on: { avs_failure: false, cvc_failure: false },
        statement_descriptor_prefix: null,
        statement_descriptor_prefix_kana: null,
        statement_descriptor_prefix_kanji: null,
      },
      dashboard: { display_name: params.business_profile?.name ?? null, timezone: 'Etc/UTC' },
      payments: {
        statement_descriptor: null,
        statement_descriptor_kana: null,
        statement_descriptor_kanji: null,
        statement_descriptor_prefix_kana: null,
        statement_descriptor_prefix_kanji: null,
      },
    },
    tos_acceptance: { date: null, ip: null, user_agent: null },
    type: params.type ?? 'none',
  };
}
