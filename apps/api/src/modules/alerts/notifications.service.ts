import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { MerchantUrls, UrlNotAllowed } from '../../platform/http/merchant-url.ts';
import { type Place, Secrets } from '../../platform/secrets.ts';
import { AuditService } from '../audit/audit.service.ts';
import { MerchantLimits } from '../merchants/merchant-limits.ts';
import { NotInPlan } from '../merchants/merchants.errors.ts';
import { ChannelUrlNotAllowed } from './alerts.errors.ts';
import type { Channel } from './alerts.jobs.ts';
import { AlertsRepository } from './alerts.repository.ts';
import type { updateNotificationSettings } from './alerts.schemas.ts';

/** Of a signing secret: as long as Standard Webhooks asks for. */
const secretBytes = 32;

type Column = 'slack_webhook_url' | 'webhook_url' | 'webhook_secret';
type Change = z.output<typeof updateNotificationSettings>;

/** Where alerts are told beside the dashboard. */
@Injectable()
export class NotificationsService {
  constructor(
    private readonly database: Database,
    private readonly settings: AlertsRepository,
    private readonly limits: MerchantLimits,
    private readonly secrets: Secrets,
    private readonly urls: MerchantUrls,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  async get(environmentId: string) {
    const { slack_url: slackUrl, email_addresses, webhook } = await this.addresses(environmentId);
    return {
      slack: slackUrl === undefined ? null : { webhook: shortened(slackUrl) },
      email_addresses,
      webhook: webhook === undefined ? null : { url: shortened(webhook.url) },
    };
  }

  /** Changes what is given, and leaves the rest. Throws `ChannelUrlNotAllowed`, `NotInPlan`. */
  async update(environmentId: string, change: Change) {
    await this.assertInPlan(environmentId, change);
    await this.assertCallable(change.slack_webhook_url, 'slack_webhook_url');
    await this.assertCallable(change.webhook_url, 'webhook_url');
    const secret =
      typeof change.webhook_url === 'string' ? `whsec_${randomBytes(secretBytes).toString('base64')}` : null;
    await this.database.tenant(environmentId, async () => {
      const sealed = (column: Column, value: string | null): string | null =>
        value === null ? null : this.secrets.seal(placeOf(environmentId, column), value);
      await this.settings.saveSettings(
        environmentId,
        {
          ...(change.slack_webhook_url === undefined
            ? {}
            : { slack_webhook_url: sealed('slack_webhook_url', change.slack_webhook_url) }),
          ...(change.webhook_url === undefined
            ? {}
            : {
                webhook_url: sealed('webhook_url', change.webhook_url),
                webhook_secret: sealed('webhook_secret', secret),
              }),
          ...(change.email_addresses === undefined
            ? {}
            : { email_addresses: [...new Set(change.email_addresses)] }),
        },
        this.clock.now(),
      );
      await this.audit.record(environmentId, {
        action: 'notification_settings.changed',
        target: { type: 'environment', id: environmentId },
        after: channelsOf(change),
      });
    });
    return { ...(await this.get(environmentId)), webhook_secret: secret };
  }

  /** With every secret opened: for who tells alerts. */
  async addresses(environmentId: string) {
    const row = await this.database.tenant(environmentId, () => this.settings.settings(environmentId));
    const opened = (column: Column): string | undefined => {
      const sealed = row?.[column] ?? null;
      return sealed === null ? undefined : this.secrets.open(placeOf(environmentId, column), sealed);
    };
    const [url, secret] = [opened('webhook_url'), opened('webhook_secret')];
    return {
      slack_url: opened('slack_webhook_url'),
      email_addresses: row?.email_addresses ?? [],
      webhook: url === undefined || secret === undefined ? undefined : { url, secret },
    };
  }

  noteTest(environmentId: string): Promise<void> {
    return this.database.tenant(environmentId, () =>
      this.audit.record(environmentId, {
        action: 'notification_settings.tested',
        target: { type: 'environment', id: environmentId },
      }),
    );
  }

  /** On a hosted instance the merchant's plan says which channels there are. */
  private async assertInPlan(environmentId: string, change: Change): Promise<void> {
    const { may_alert_by: allowed } = await this.limits.of(environmentId);
    for (const [channel, isSet] of Object.entries(channelsOf(change))) {
      if (isSet && allowed !== null && !allowed.includes(channel)) {
        throw new NotInPlan(`Alerts by ${channel}`);
      }
    }
  }

  private async assertCallable(
    address: string | null | undefined,
    param: 'slack_webhook_url' | 'webhook_url',
  ): Promise<void> {
    if (typeof address === 'string') {
      await this.urls.assertAllowed(address).catch((error: unknown) => {
        throw error instanceof UrlNotAllowed ? new ChannelUrlNotAllowed(error.message, param) : error;
      });
    }
  }
}

/** Which of the channels a change sets (true) or removes (false); those it leaves alone are left out. */
function channelsOf(change: Change): Partial<Record<Channel, boolean>> {
  const { slack_webhook_url: slack, email_addresses: emails, webhook_url: webhook } = change;
  return {
    ...(slack === undefined ? {} : { slack: slack !== null }),
    ...(emails === undefined ? {} : { email: emails.length > 0 }),
    ...(webhook === undefined ? {} : { webhook: webhook !== null }),
  };
}

function placeOf(environmentId: string, column: Column): Place {
  return { table: 'notification_settings', column, environment_id: environmentId, row: environmentId };
}

/** Enough of a secret address to recognise it. */
function shortened(address: string): string {
  return `${new URL(address).host}/…${address.slice(-4)}`;
}
