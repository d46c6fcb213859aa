import { Injectable } from '@nestjs/common';
import type { Mode } from '../../platform/auth/api-key.ts';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import { newId } from '../../platform/ids.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { StripeWebhooks } from '../../stripe/stripe.webhooks.ts';
import { AuditService } from '../audit/audit.service.ts';
import { StripeAccountUnknown, WebhookEventNotFound } from './webhooks.errors.ts';
import { processEvent } from './webhooks.jobs.ts';
import { type WebhookEventState, WebhooksRepository } from './webhooks.repository.ts';

@Injectable()
export class WebhooksService {
  constructor(
    private readonly database: Database,
    private readonly events: WebhooksRepository,
    private readonly signatures: StripeWebhooks,
    private readonly audit: AuditService,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  /**
   * Verifies an event and stores it with its job, in one statement: what is answered with 200 is not lost. Throws
   * `WebhookSignatureInvalid`, and `StripeAccountUnknown` when no environment has the account.
   */
  async receive(mode: Mode, rawBody: Buffer, signature: string | undefined): Promise<void> {
    const event = this.signatures.verify(mode, rawBody, signature);
    const stored =
      event.account === undefined
        ? undefined
        : await this.events.receive({
            mode,
            account: event.account,
            id: newId('webhook_event'),
            job_id: newId('job'),
            stripe_event_id: event.id,
            type: event.type,
            payload: JSON.stringify({ object: event.object }),
            now: this.clock.now(),
          });
    if (stored === undefined) {
      throw new StripeAccountUnknown();
    }
  }

  list(environmentId: string, page: PageRequest & { state?: WebhookEventState | undefined }) {
    return this.database.tenant(environmentId, () => this.events.list(environmentId, page));
  }

  /** Processes an event once more. What it says was taken over already changes nothing. */
  replay(environmentId: string, id: string) {
    return this.database.tenant(environmentId, async () => {
      await this.get(environmentId, id);
      await this.events.reopen(environmentId, id);
      await this.outbox.add(environmentId, processEvent, { webhook_event_id: id });
      await this.audit.record(environmentId, {
        action: 'webhook_event.replayed',
        target: { type: 'webhook_event', id },
      });
      return this.get(environmentId, id);
    });
  }

  private async get(environmentId: string, id: string) {
    const event = await this.events.find(environmentId, id);
    if (event === undefined) {
      throw new WebhookEventNotFound(id);
    }
    return event;
  }
}
