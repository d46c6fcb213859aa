import { z } from 'zod';
import { pageOf, pageQuery, text, timestamp, webUrl } from '../../platform/http/schemas.ts';

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

const secretAddress = webUrl.max(1_000).nullable();
const addressesMax = 10;

const channelFields = {
  slack: z
    .object({ webhook: z.string().describe('Its server and last four characters.') })
    .nullable()
    .describe('Where new alerts are posted. Null: nowhere.'),
  email_addresses: z.array(z.string()).describe('Who gets a mail of each new alert.'),
  webhook: z
    .object({ url: z.string().describe('Its server and last four characters.') })
    .nullable()
    .describe('Where each new alert is posted as JSON, signed by Standard Webhooks. Null: nowhere.'),
};
export const notificationSettings = z.object(channelFields).meta({ id: 'NotificationSettings' });
export const savedNotificationSettings = z
  .object({
    ...channelFields,
    webhook_secret: z
      .string()
      .nullable()
      .describe('What signs the posts to `webhook_url`, when that was set just now. Shown once.'),
  })
  .meta({ id: 'SavedNotificationSettings' });

export const updateNotificationSettings = z
  .strictObject({
    slack_webhook_url: secretAddress
      .optional()
      .describe(
        'An incoming webhook of Slack, or of what understands the same. Null removes it. Shown never again.',
      ),
    email_addresses: z.array(z.email().max(320).pipe(text)).max(addressesMax).optional(),
    webhook_url: secretAddress
      .optional()
      .describe('Gets `{ type: "alert.created", timestamp, data }`, with a new secret. Null removes it.'),
  })
  .meta({ id: 'NotificationSettingsChange' });

export const notificationTest = z.object({ delivered: z.literal(true) }).meta({ id: 'NotificationTest' });
