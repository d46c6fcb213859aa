import { formatAmount } from '@billingos/pricing/money';
import { Injectable } from '@nestjs/common';
import { createElement, type ReactElement } from 'react';
import { needsHolder } from '../../stripe/decline.ts';
import { AlertsService } from '../alerts/alerts.service.ts';
import type { InvoiceRow } from '../invoices/invoices.service.ts';
import { dayInWords } from '../mail/emails/words.ts';
import { MailService } from '../mail/mail.service.ts';
import { SubscriptionsService } from '../subscriptions/subscriptions.service.ts';
import { CustomerLinks } from '../customers/customer-links.ts';
import { CardNeeded, PaymentFailed, PaymentLost, PaymentReceived, RetrySoon } from './emails/letters.tsx';
import type { FinalAction } from './recovery.ts';
import type { RecoveryRepository } from './recovery.repository.ts';

type Recovery = NonNullable<Awaited<ReturnType<RecoveryRepository['find']>>>;

/** Tells the customer by mail, and the merchant by alerts. In the transaction that decides it, so each once. */
@Injectable()
export class TellOfRecovery {
  constructor(
    private readonly mail: MailService,
    private readonly alerts: AlertsService,
    private readonly links: CustomerLinks,
    private readonly subscriptions: SubscriptionsService,
  ) {}

  async ofFailure(environmentId: string, recovery: Recovery, invoice: InvoiceRow, attemptAt: Date | null) {
    const code = recovery.decline_code;
    await this.alerts.raise(environmentId, {
      kind: 'payment_failed',
      dedupe_key: causeOf('payment_failed', invoice.id),
      severity: 'warning',
      title: recovery.is_hard_decline
        ? 'A payment failed, and the card will not pay any more'
        : 'A payment failed',
      detail: `Reason: ${code?.replaceAll('_', ' ') ?? 'not known'}. ${
        attemptAt === null
          ? 'It is not tried again before there is another card.'
          : `It is tried again on ${dayInWords(attemptAt)}.`
      }`,
      target: { type: 'recovery', id: recovery.id },
    });
    const facts = await this.facts(environmentId, invoice);
    const needsNewCard = recovery.is_hard_decline;
    await this.send(environmentId, recovery, {
      key: needsNewCard ? `card_needed:${recovery.failures}` : 'failed',
      kind: needsNewCard ? 'recovery.card_needed' : 'recovery.failed',
      subject: needsNewCard
        ? `Your card was declined: please add another for ${facts.plan}`
        : `Your payment of ${facts.amount} did not go through`,
      body: async (merchant) => {
        const url = await this.links.make(environmentId, recovery.id, 'pay');
        return needsNewCard
          ? createElement(CardNeeded, { merchant, ...facts, url })
          : createElement(PaymentFailed, {
              merchant,
              ...facts,
              url,
              needs_confirmation: code !== null && needsHolder(code),
              next_attempt: attemptAt === null ? null : dayInWords(attemptAt),
            });
      },
    });
  }

  async ofAttempt(environmentId: string, recovery: Recovery, invoice: InvoiceRow, attemptAt: Date) {
    const facts = await this.facts(environmentId, invoice);
    await this.send(environmentId, recovery, {
      key: `retry:${attemptAt.toISOString()}`,
      kind: 'recovery.retry_soon',
      subject: `We will try your payment of ${facts.amount} again on ${dayInWords(attemptAt)}`,
      body: async (merchant) =>
        createElement(RetrySoon, {
          merchant,
          ...facts,
          url: await this.links.make(environmentId, recovery.id, 'pay'),
          next_attempt: dayInWords(attemptAt),
        }),
    });
  }

  async ofSuccess(environmentId: string, recovery: Recovery, invoice: InvoiceRow) {
    await this.resolved(environmentId, invoice.id);
    const facts = await this.facts(environmentId, invoice);
    const amount = formatAmount(invoice.amount_paid, invoice.currency);
    await this.send(environmentId, recovery, {
      key: 'received',
      kind: 'recovery.received',
      subject: `Thank you: your payment of ${amount} arrived`,
      body: (merchant) => createElement(PaymentReceived, { merchant, ...facts, amount }),
    });
  }

  async ofLoss(
    environmentId: string,
    recovery: Recovery,
    invoice: InvoiceRow,
    ending: { action: FinalAction; survey: boolean },
  ) {
    await this.alerts.resolve(environmentId, causeOf('payment_failed', invoice.id));
    await this.alerts.raise(environmentId, {
      kind: 'payment_lost',
      dedupe_key: causeOf('payment_lost', invoice.id),
      severity: 'critical',
      title: 'A payment was given up',
      detail: `Every planned attempt failed. ${endings[ending.action]}`,
      target: { type: 'recovery', id: recovery.id },
    });
    const facts = await this.facts(environmentId, invoice);
    await this.send(environmentId, recovery, {
      key: 'lost',
      kind: 'recovery.lost',
      subject:
        ending.action === 'cancel'
          ? `Your subscription to ${facts.plan} has ended`
          : `Your access to ${facts.plan} is paused`,
      body: async (merchant) =>
        createElement(PaymentLost, {
          merchant,
          ...facts,
          action: ending.action,
          pay_url: await this.links.make(environmentId, recovery.id, 'pay'),
          survey_url: ending.survey ? await this.links.make(environmentId, recovery.id, 'survey') : null,
        }),
    });
  }

  /** Nobody needs to look at the failed payment any more. */
  async resolved(environmentId: string, invoiceId: string): Promise<void> {
    await this.alerts.resolve(environmentId, causeOf('payment_failed', invoiceId));
    await this.alerts.resolve(environmentId, causeOf('payment_lost', invoiceId));
  }

  private async facts(environmentId: string, invoice: InvoiceRow) {
    const subscription =
      invoice.subscription_id === null
        ? undefined
        : await this.subscriptions.get(environmentId, invoice.subscription_id);
    return {
      plan: subscription?.plan.name ?? 'your plan',
      amount: formatAmount(invoice.amount_remaining, invoice.currency),
    };
  }

  private async send(
    environmentId: string,
    recovery: Recovery,
    letter: {
      key: string;
      kind: string;
      subject: string;
      body: (merchant: string) => ReactElement | Promise<ReactElement>;
    },
  ): Promise<void> {
    const { customer_email: to } = recovery;
    if (to === null || !(await this.mail.settings(environmentId)).payment_recovery) {
      return;
    }
    await this.mail.send(environmentId, {
      dedupe_key: `recovery:${recovery.id}:${letter.key}`,
      kind: letter.kind,
      to,
      subject: letter.subject,
      body: ({ name }) => letter.body(name),
    });
  }
}

const endings: Record<FinalAction, string> = {
  cancel: 'The subscription was cancelled.',
  pause: 'The subscription was paused.',
  keep: 'The subscription stays past due, without access.',
};

function causeOf(kind: 'payment_failed' | 'payment_lost', invoiceId: string): string {
  return `${kind}:${invoiceId}`;
}
