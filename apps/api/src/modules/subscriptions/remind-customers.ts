import { formatAmount, multiple } from '@billingos/pricing/money';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { createElement, type ReactElement } from 'react';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { Sweeper } from '../../platform/jobs/sweeper.ts';
import { Log } from '../../platform/log.ts';
import { dayInWords } from '../mail/emails/words.ts';
import { MailService } from '../mail/mail.service.ts';
import {
  Renewal,
  SubscriptionEnded,
  SubscriptionStarted,
  TrialEnded,
  TrialEnding,
} from './emails/reminders.tsx';
import { type ReminderKind, RemindersRepository } from './reminders.repository.ts';
import { isRunning } from './subscription.ts';
import { type Subscription, SubscriptionsService } from './subscriptions.service.ts';

const everyMs = 60_000;
const atOnce = 100;

interface Letter {
  subject: string;
  body: (merchant: string) => ReactElement;
}

/**
 * Tells customers what is coming: the end of a trial three days before, a yearly renewal seven days before, and, where the
 * merchant wants it, what began and ended. What is due is asked of the rows, and each mail's key names subscription and
 * period, so that it is told once whenever and however often anybody looks.
 */
@Injectable()
export class RemindCustomers implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly reminders: RemindersRepository,
    private readonly subscriptions: SubscriptionsService,
    private readonly mail: MailService,
    private readonly sweeper: Sweeper,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.sweeper.register({ name: 'subscriptions.remind', every_ms: everyMs, run: () => this.run() });
  }

  /** Writes every mail that is due now. */
  async run(): Promise<void> {
    const known = new Set<string>();
    for (;;) {
      const due = await this.reminders.due(this.clock.now(), atOnce);
      // One that cannot be written must not be asked for without end.
      const fresh = due.filter(({ dedupe_key: key }) => !known.has(key));
      for (const { environment_id: environmentId, subscription_id: id, kind, dedupe_key: key } of fresh) {
        known.add(key);
        await this.remind(environmentId, id, kind, key).catch((error: unknown) =>
          this.log.warn('reminder.failed', {
            subscription_id: id,
            error: error instanceof Error ? error : undefined,
          }),
        );
      }
      if (due.length < atOnce || fresh.length === 0) {
        return;
      }
    }
  }

  private remind(environmentId: string, id: string, kind: ReminderKind, key: string): Promise<void> {
    return this.database.tenant(environmentId, async () => {
      const subscription = await this.subscriptions.get(environmentId, id);
      const { email } = subscription.customer;
      if (email === null) {
        return;
      }
      const { subject, body } = letters[kind](subscription);
      await this.mail.send(environmentId, {
        dedupe_key: key,
        kind,
        to: email,
        subject,
        body: ({ name }) => body(name),
      });
    });
  }
}

const letters: Record<ReminderKind, (subscription: Subscription) => Letter> = {
  trial_ending: (subscription) => {
    const endsOn = dayInWords(subscription.trial_end ?? subscription.current_period_end);
    const facts = { plan: subscription.plan.name, ends_on: endsOn, price: priceOf(subscription) };
    return {
      subject: `Your trial of ${facts.plan} ends on ${endsOn}`,
      body: (merchant) => createElement(TrialEnding, { merchant, ...facts }),
    };
  },
  trial_ended: ({ plan: { name: plan }, status }) => {
    const goesOn = isRunning(status) && status !== 'paused';
    return {
      subject: goesOn ? `Your subscription to ${plan} has begun` : `Your trial of ${plan} has ended`,
      body: (merchant) => createElement(TrialEnded, { merchant, plan, goes_on: goesOn }),
    };
  },
  renewal: (subscription) => {
    const renewsOn = dayInWords(subscription.current_period_end);
    const facts = { plan: subscription.plan.name, renews_on: renewsOn, price: priceOf(subscription) };
    return {
      subject: `${facts.plan} renews on ${renewsOn}`,
      body: (merchant) => createElement(Renewal, { merchant, ...facts }),
    };
  },
  subscription_started: ({ plan: { name: plan } }) => ({
    subject: `Welcome to ${plan}`,
    body: (merchant) => createElement(SubscriptionStarted, { merchant, plan }),
  }),
  subscription_ended: ({ plan: { name: plan }, ended_at: endedAt, current_period_end: periodEnd }) => ({
    subject: `Your subscription to ${plan} has ended`,
    body: (merchant) =>
      createElement(SubscriptionEnded, { merchant, plan, ended_on: dayInWords(endedAt ?? periodEnd) }),
  }),
};

/** $190.00 of two items of $45.00 and one of $100.00. Null where use, tiers or a discount decide it. */
function priceOf({ items, discounts }: Subscription): string | null {
  const [first] = items;
  const currency = first?.amount?.currency;
  if (currency === undefined || discounts.length > 0) {
    return null;
  }
  let total = 0;
  for (const { amount, quantity } of items) {
    if (amount === null) {
      return null;
    }
    total += multiple(amount.amount, quantity);
  }
  return formatAmount(total, currency);
}
