import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { MerchantUrls, UrlNotAllowed } from '../../platform/http/merchant-url.ts';
import { JobHandlers } from '../../platform/jobs/job-handlers.ts';
import { type Place, Secrets } from '../../platform/secrets.ts';
import { AuditService } from '../audit/audit.service.ts';
import { SlackDidNotTakeIt, SlackNotSet, SlackUrlNotAllowed } from './alerts.errors.ts';
import { postAlert } from './alerts.jobs.ts';
import { AlertsRepository } from './alerts.repository.ts';
import { AlertsService } from './alerts.service.ts';
import { slackMessage } from './slack-message.ts';

/** Where alerts are told beside the dashboard. */
@Injectable()
export class NotificationsService implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly settings: AlertsRepository,
    private readonly alerts: AlertsService,
    private readonly secrets: Secrets,
    private readonly urls: MerchantUrls,
    private readonly audit: AuditService,
    private readonly handlers: JobHandlers,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.handlers.register(postAlert, async ({ alert_id: id }, { environment_id: environmentId }) => {
      const alert = await this.alerts.find(environmentId, id);
      const address = await this.slackAddress(environmentId);
      // Over before it was told: nobody needs to look any more.
      if (alert !== undefined && alert.resolved_at === null && address !== undefined) {
        await this.post(address, slackMessage(alert));
      }
    });
  }

  async get(environmentId: string) {
    return shown(await this.slackAddress(environmentId));
  }

  /** Throws `SlackUrlNotAllowed`. */
  async update(environmentId: string, change: { slack_webhook_url: string | null }) {
    const { slack_webhook_url: address } = change;
    if (address !== null) {
      await this.urls.assertAllowed(address).catch((error: unknown) => {
        throw error instanceof UrlNotAllowed ? new SlackUrlNotAllowed(error.message) : error;
      });
    }
    await this.database.tenant(environmentId, async () => {
      const sealed = address === null ? null : this.secrets.seal(placeOf(environmentId), address);
      await this.settings.setSlackWebhook(environmentId, sealed, this.clock.now());
      await this.audit.record(environmentId, {
        action: 'notification_settings.changed',
        target: { type: 'environment', id: environmentId },
        after: { slack: address !== null },
      });
    });
    return shown(address ?? undefined);
  }

  /** Posts a message now. Throws `SlackNotSet`, `SlackDidNotTakeIt`. */
  async test(environmentId: string): Promise<{ delivered: true }> {
    const address = await this.slackAddress(environmentId);
    if (address === undefined) {
      throw new SlackNotSet();
    }
    await this.post(address, { text: 'BillingOS posts its alerts here.' });
    await this.database.tenant(environmentId, () =>
      this.audit.record(environmentId, {
        action: 'notification_settings.tested',
        target: { type: 'environment', id: environmentId },
      }),
    );
    return { delivered: true };
  }

  private async slackAddress(environmentId: string): Promise<string | undefined> {
    const sealed = await this.database.tenant(environmentId, () => this.settings.slackWebhook(environmentId));
    return sealed === null ? undefined : this.secrets.open(placeOf(environmentId), sealed);
  }

  private async post(address: string, message: object): Promise<void> {
    const answer = await this.urls.post(address, message).catch((error: unknown) => {
      throw new SlackDidNotTakeIt(
        error instanceof UrlNotAllowed
          ? `the address is not called, ${error.message}.`
          : 'it did not answer.',
        error,
      );
    });
    if (answer.status < 200 || answer.status > 299) {
      // Not what it said: an address may belong to somebody whose answers are not to be read here.
      throw new SlackDidNotTakeIt(`it answered with status ${answer.status}.`);
    }
  }
}

function placeOf(environmentId: string): Place {
  return {
    table: 'notification_settings',
    column: 'slack_webhook_url',
    environment_id: environmentId,
    row: environmentId,
  };
}

function shown(address: string | undefined) {
  return {
    slack: address === undefined ? null : { webhook: `${new URL(address).host}/…${address.slice(-4)}` },
  };
}
