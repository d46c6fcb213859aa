import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.ts';
import type { Connection } from '../../stripe/connections.ts';
import { listEvents } from '../../stripe/stripe.listing.ts';
import { WebhooksRepository } from './webhooks.repository.ts';

/** Lists of a hundred events each. In a rush the oldest of them are not looked at. */
const pagesMax = 20;

/** What we are about to hear of: changes on Stripe of which the events are on their way to us. */
@Injectable()
export class EventsUnderWay {
  constructor(
    private readonly database: Database,
    private readonly events: WebhooksRepository,
  ) {}

  /**
   * The Stripe ids of what changed since `since`, unless what its event tells was taken over before `before`: whoever
   * read our rows then has read that, too.
   */
  async objects(
    environmentId: string,
    connection: Connection,
    { since, before }: { since: Date; before: Date },
  ): Promise<Set<string>> {
    const objects = new Set<string>();
    let cursor: string | null = null;
    for (let page = 0; page < pagesMax; page += 1) {
      const listed: Awaited<ReturnType<typeof listEvents>> = await listEvents(connection, since, cursor);
      const done = await this.database.tenant(environmentId, () =>
        this.events.processedBefore(
          environmentId,
          listed.data.map(({ id }) => id),
          before,
        ),
      );
      for (const { id, object } of listed.data) {
        if (!done.has(id)) {
          for (const about of [object.id, object.subscription, object.invoice]) {
            if (about !== null) {
              objects.add(about);
            }
          }
        }
      }
      cursor = listed.next;
      if (cursor === null) {
        break;
      }
    }
    return objects;
  }
}
