import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Env } from '../../env.ts';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { AppError } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { Sweeper } from '../../platform/jobs/sweeper.ts';
import { Log } from '../../platform/log.ts';
import { AccountsRepository } from '../../stripe/accounts.repository.ts';
import { Connections } from '../../stripe/connections.ts';
import { StripeConnectionLost } from '../../stripe/stripe.errors.ts';
import { listEvents } from '../../stripe/stripe.listing.ts';
import { TakeOverAccount } from '../merchants/take-over-account.ts';
import { WebhooksRepository } from './webhooks.repository.ts';

const minute = 60_000;
/** How often what did not arrive by itself is looked for. */
const healEveryMs = 15 * minute;
/** Where Stripe cannot reach us: how often it is asked what happened. */
const pollEveryMs = 5_000;
/** Of events that come in late, or of a clock that was a moment behind. */
const overlapMs = 60 * minute;
const accountsAtOnce = 10;

/**
 * Puts into the inbox what Stripe lists as events and we have not received: after webhooks were lost, or where no public
 * address leads to us (`STRIPE_EVENTS=poll`). An event that is there already is not stored twice.
 */
@Injectable()
export class ListEvents implements OnModuleInit {
  private readonly everyMs: number;

  constructor(
    env: Env,
    private readonly database: Database,
    private readonly events: WebhooksRepository,
    private readonly accounts: AccountsRepository,
    private readonly takeOver: TakeOverAccount,
    private readonly connections: Connections,
    private readonly sweeper: Sweeper,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    this.everyMs = env.get('STRIPE_EVENTS') === 'poll' ? pollEveryMs : healEveryMs;
  }

  onModuleInit(): void {
    this.sweeper.register({
      name: 'webhooks.list_events',
      every_ms: Math.min(this.everyMs, minute),
      run: () => this.run(),
    });
  }

  /** Lists the events of every account whose turn it is. */
  async run(): Promise<void> {
    let claimed: string[];
    do {
      claimed = await this.events.claimListings(this.clock.now(), this.everyMs / 1_000, accountsAtOnce);
      await Promise.all(claimed.map((environmentId) => this.listOne(environmentId)));
    } while (claimed.length === accountsAtOnce);
  }

  /** An account that Stripe does not answer for is asked again at its next turn, from where it was. */
  private async listOne(environmentId: string): Promise<void> {
    try {
      await this.list(environmentId);
      await this.takeOver.noteAnswer(environmentId, false);
    } catch (error) {
      if (!(error instanceof AppError)) {
        throw error;
      }
      if (error instanceof StripeConnectionLost) {
        await this.takeOver.noteAnswer(environmentId, true);
      }
      this.log.warn('webhooks.events_not_listed', { environment_id: environmentId, error });
    }
  }

  /** Stores what is missing. Returns how many events those were. */
  async list(environmentId: string): Promise<number> {
    const connection = await this.connections.find(environmentId);
    const account = await this.database.tenant(environmentId, () => this.accounts.find(environmentId));
    if (connection === undefined || account === undefined) {
      return 0;
    }
    const now = this.clock.now();
    const healedAt = account.events_healed_at;
    const isWhole = healedAt === null || now.getTime() - healedAt.getTime() >= healEveryMs;
    // By Stripe's clock alone: what it listed last, less the overlap.
    const from = new Date((account.events_listed_until ?? account.created_at).getTime() - overlapMs);
    let newest = account.events_listed_until;
    let missing = 0;
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof listEvents>> = await listEvents(connection, from, cursor);
      newest ??= page.data[0]?.created_at ?? null;
      for (const { created_at: createdAt } of page.data) {
        newest = newest === null || createdAt > newest ? createdAt : newest;
      }
      const known = await this.database.tenant(environmentId, () =>
        this.events.known(
          environmentId,
          page.data.map((event) => event.id),
        ),
      );
      const unknown = page.data.filter((event) => !known.has(event.id));
      // The oldest first, as they would have come.
      for (const event of unknown.toReversed()) {
        await this.events.receive({
          mode: connection.mode,
          account: connection.stripe_account_id,
          id: newId('webhook_event'),
          job_id: newId('job'),
          stripe_event_id: event.id,
          type: event.type,
          payload: JSON.stringify({ object: event.object }),
          now,
        });
      }
      missing += unknown.length;
      // The newest come first: between the times when all are looked at, what follows a known page is known.
      cursor = isWhole || unknown.length > 0 ? page.next : null;
    } while (cursor !== null);
    await this.database.tenant(environmentId, () =>
      this.accounts.update(environmentId, account.id, {
        ...(newest === null ? {} : { events_listed_until: newest }),
        ...(isWhole ? { events_healed_at: now } : {}),
      }),
    );
    if (missing > 0) {
      this.log.info('webhooks.events_found', { environment_id: environmentId, events: missing });
    }
    return missing;
  }
}
