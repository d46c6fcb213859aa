import { createElement } from 'react';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Webhook } from 'standardwebhooks';
import { Env } from '../../env.ts';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { MerchantUrls, UrlNotAllowed } from '../../platform/http/merchant-url.ts';
import { JobHandlers } from '../../platform/jobs/job-handlers.ts';
import { MailService } from '../mail/mail.service.ts';
import { MerchantLimits } from '../merchants/merchant-limits.ts';
import { ChannelDidNotTakeIt, ChannelNotSet } from './alerts.errors.ts';
import { type Channel, postAlert } from './alerts.jobs.ts';
import { type Alert, AlertsService } from './alerts.service.ts';
import { NewAlert } from './emails/new-alert.tsx';
import { NotificationsService } from './notifications.service.ts';
import { slackMessage } from './slack-message.ts';

/** Tells new alerts where people asked to be told. */
@Injectable()
export class TellAlert implements OnModuleInit {
  constructor(
    private readonly env: Env,
    private readonly database: Database,
    private readonly alerts: AlertsService,
    private readonly notifications: NotificationsService,
    private readonly limits: MerchantLimits,
    private readonly mail: MailService,
    private readonly urls: MerchantUrls,
    private readonly handlers: JobHandlers,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.handlers.register(
      postAlert,
      async ({ alert_id: id, channel }, { environment_id: environmentId }) => {
        const alert = await this.alerts.find(environmentId, id);
        // Over before it was told: nobody needs to look any more.
        if (alert !== undefined && alert.resolved_at === null) {
          await this.tell(environmentId, channel, alert);
        }
      },
    );
  }

  /** Posts a message to Slack now. Throws `ChannelNotSet`, `ChannelDidNotTakeIt`. */
  async testSlack(environmentId: string): Promise<{ delivered: true }> {
    const { slack_url: address } = await this.notifications.addresses(environmentId);
    if (address === undefined) {
      throw new ChannelNotSet('Slack');
    }
    await this.post(address, JSON.stringify({ text: 'BillingOS posts its alerts here.' }));
    await this.notifications.noteTest(environmentId);
    return { delivered: true };
  }

  private async tell(environmentId: string, channel: Channel, alert: Alert): Promise<void> {
    const {
      slack_url: slackUrl,
      webhook,
      email_addresses: to,
    } = await this.notifications.addresses(environmentId);
    const { may_alert_by: allowed } = await this.limits.of(environmentId);
    if (allowed !== null && !allowed.includes(channel)) {
      // The merchant's plan has become a smaller one since the address was set.
      return;
    }
    if (channel === 'slack' && slackUrl !== undefined) {
      await this.post(slackUrl, JSON.stringify(slackMessage(alert)));
    } else if (channel === 'webhook' && webhook !== undefined) {
      await this.postSigned(webhook, alert);
    } else if (channel === 'email') {
      await this.write(environmentId, to, alert);
    }
  }

  /** As https://www.standardwebhooks.com says: the alert's id stays the same whatever is repeated. */
  private async postSigned(webhook: { url: string; secret: string }, alert: Alert): Promise<void> {
    const now = this.clock.now();
    const body = JSON.stringify({ type: 'alert.created', timestamp: now.toISOString(), data: alert });
    await this.post(webhook.url, body, {
      'webhook-id': alert.id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': new Webhook(webhook.secret).sign(alert.id, now, body),
    });
  }

  private write(environmentId: string, addresses: readonly string[], alert: Alert): Promise<void> {
    return this.database.tenant(environmentId, async () => {
      for (const to of addresses) {
        await this.mail.send(environmentId, {
          dedupe_key: `alert:${alert.id}:${to}`,
          kind: 'alert',
          to,
          subject: alert.title,
          body: ({ name }) =>
            createElement(NewAlert, {
              merchant: name,
              title: alert.title,
              detail: alert.detail,
              url: `${this.env.get('WEB_URL')}/dashboard`,
            }),
        });
      }
    });
  }

  private async post(address: string, json: string, headers?: Record<string, string>): Promise<void> {
    const answer = await this.urls.post(address, json, headers).catch((error: unknown) => {
      throw new ChannelDidNotTakeIt(
        error instanceof UrlNotAllowed ? `the address is not called, ${error.message}.` : 'nobody answered.',
        error,
      );
    });
    if (answer.status < 200 || answer.status > 299) {
      // Not what it said: an address may belong to somebody whose answers are not to be read here.
      throw new ChannelDidNotTakeIt(`the answer had status ${answer.status}.`);
    }
  }
}
