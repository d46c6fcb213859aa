import { z } from 'zod';
import { pageOf, pageQuery, timestamp, webUrl } from '../../platform/http/schemas.ts';

export const severities = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

export const alert = z
  .object({
    id: z.string(),
    kind: z.string().describe('What happened: payment_failed, reconciliation_drift, …'),
    severity: z.enum(severities),
    title: z.string(),
    detail: z.string(),
    target: z.object({ type: z.string(), id: z.string() }).describe('What it is about.'),
    created_at: timestamp,
    updated_at: timestamp.describe('When it was told last: the same cause is one alert while it lasts.'),
    read_at: timestamp.nullable(),
    resolved_at: timestamp.nullable(),
  })
  .meta({ id: 'Alert' });
export const alertPage = pageOf(alert).meta({ id: 'AlertList' });
export const listAlerts = pageQuery.extend({
  state: z.enum(['open', 'resolved']).optional().describe('Left out: all of them.'),
});

export const alertsSummary = z
  .object({ open: z.int(), unread: z.int().describe('Of the open ones.') })
  .meta({ id: 'AlertsSummary' });

export const notificationSettings = z
  .object({
    slack: z
      .object({ webhook: z.string().describe('Its server and last four characters.') })
      .nullable()
      .describe('Where new alerts are posted. Null: nowhere.'),
  })
  .meta({ id: 'NotificationSettings' });

export const updateNotificationSettings = z.strictObject({
  slack_webhook_url: webUrl
    .max(1_000)
    .nullable()
    .describe(
      'An incoming webhook of Slack, or of what understands the same. Null removes it. Shown never again.',
    ),
});

export const notificationTest = z.object({ delivered: z.literal(true) }).meta({ id: 'NotificationTest' });
