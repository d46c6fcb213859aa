import { Injectable, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { JobHandlers } from '../../platform/jobs/job-handlers.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { Log } from '../../platform/log.ts';
import { refreshCustomer } from './entitlements.jobs.ts';

/** A check waits no longer for Stripe. */
const waitMs = 800;
/**
 * However often a customer is checked, Stripe is asked once in this time at most; the older the doubt, the longer. Most
 * open checkouts are paid within minutes or never.
 */
const askEveryMs = { min: 3_000, max: 300_000, shareOfAge: 0.1 };

/** answered: what Stripe said was taken over just now. recent: it was a moment ago. silent: it took too long. */
export type StripeAnswer = 'answered' | 'recent' | 'silent';

/** One asking of Stripe, which all who check the customer meanwhile wait for. */
interface Question {
  answer: Promise<boolean>;
  isOver: boolean;
}

type Refresh = (environmentId: string, customerId: string, timeoutMs: number) => Promise<void>;

/**
 * Customers of whom Stripe may know more than we do: a checkout is open, or an answer is missing. Whoever keeps
 * subscriptions says how to ask.
 */
@Injectable()
export class UnsyncedCustomers implements OnModuleInit {
  private refresh: Refresh | undefined;
  private readonly asked = new LRUCache<string, Question>({ max: 10_000, ttl: askEveryMs.min });

  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly handlers: JobHandlers,
    private readonly log: Log,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.handlers.register(
      refreshCustomer,
      async ({ customer_id: id }, { environment_id: environmentId }) => {
        await this.refreshWith()(environmentId, id, refreshCustomer.timeout_seconds * 1_000);
      },
    );
  }

  refreshBy(refresh: Refresh): void {
    this.refresh = refresh;
  }

  /** Takes over what Stripe knows, once for all who wait. When it takes too long, a job goes on. */
  async ask(environmentId: string, customerId: string, since: Date): Promise<StripeAnswer> {
    const key = `${environmentId}:${customerId}`;
    const question = this.asked.get(key) ?? this.newQuestion(key, environmentId, customerId, since);
    const wasOver = question.isOver;
    const isAnswered = await question.answer;
    return isAnswered ? (wasOver ? 'recent' : 'answered') : 'silent';
  }

  private newQuestion(key: string, environmentId: string, customerId: string, since: Date): Question {
    const question: Question = { isOver: false, answer: this.askOnce(environmentId, customerId) };
    void question.answer.then(() => {
      question.isOver = true;
    });
    const age = this.clock.now().getTime() - since.getTime();
    const ttl = Math.min(askEveryMs.max, Math.max(askEveryMs.min, age * askEveryMs.shareOfAge));
    this.asked.set(key, question, { ttl });
    return question;
  }

  /** Never rejects: whatever is away, the check answers with what it has. */
  private async askOnce(environmentId: string, customerId: string): Promise<boolean> {
    try {
      await this.refreshWith()(environmentId, customerId, waitMs);
      return true;
    } catch (error) {
      this.log.warn('entitlements.stripe_not_asked', { error: error instanceof Error ? error : undefined });
    }
    await this.database
      .tenant(environmentId, () =>
        this.outbox.add(environmentId, refreshCustomer, { customer_id: customerId }),
      )
      .catch((error: unknown) => {
        this.log.warn('entitlements.refresh_not_written', {
          error: error instanceof Error ? error : undefined,
        });
      });
    return false;
  }

  private refreshWith(): Refresh {
    if (this.refresh === undefined) {
      throw new Error('Nobody said how to ask Stripe about a customer.');
    }
    return this.refresh;
  }
}
