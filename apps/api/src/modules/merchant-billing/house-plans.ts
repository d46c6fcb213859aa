import type { z } from 'zod';
import type { createFeature, createPlan } from '../catalog/catalog.schemas.ts';

/** Calls logged with `POST /api/v1/track`, in all environments of a merchant, per month. */
export const trackedCalls = 'tracked_calls';
/** How long single logged calls are kept: 7, 30 or 90 days. */
export const logRetentionDays = 'log_retention_days';
export const emailAlerts = 'email_alerts';
export const slackAlerts = 'slack_alerts';
export const prioritySupport = 'priority_support';

/** What merchants of a hosted instance may have, as features of the environment that bills them. */
export const houseFeatures: z.input<typeof createFeature>[] = [
  { key: trackedCalls, name: 'Tracked calls', type: 'metered', aggregation: 'sum' },
  { key: logRetentionDays, name: 'Days that logged calls are kept', type: 'config' },
  { key: emailAlerts, name: 'Alerts by e-mail and webhook', type: 'boolean' },
  { key: slackAlerts, name: 'Alerts in Slack', type: 'boolean' },
  { key: prioritySupport, name: 'Priority support', type: 'boolean' },
];

const monthly = (amount: number) => [{ amount, currency: 'usd', interval: 'month' as const }];

/** The plans of BillingOS as they are sold first. Once made, they belong to whoever runs the instance. */
export const housePlans: z.input<typeof createPlan>[] = [
  {
    key: 'free',
    name: 'Free',
    rank: 0,
    features: [
      { feature: trackedCalls, limit: 1_000 },
      { feature: logRetentionDays, value: '7' },
    ],
  },
  {
    key: 'pro',
    name: 'Pro',
    rank: 1,
    prices: monthly(900),
    features: [
      { feature: trackedCalls, limit: 50_000 },
      { feature: logRetentionDays, value: '30' },
      { feature: emailAlerts },
    ],
  },
  {
    key: 'business',
    name: 'Business',
    rank: 2,
    prices: monthly(2_900),
    features: [
      { feature: trackedCalls, limit: 500_000 },
      { feature: logRetentionDays, value: '90' },
      { feature: emailAlerts },
      { feature: slackAlerts },
      { feature: prioritySupport },
    ],
  },
];

/** What those have who pay nothing. */
export const defaultHousePlan = 'free';
