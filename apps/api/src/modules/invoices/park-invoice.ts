import { Injectable, type OnModuleInit } from '@nestjs/common';
import { formatAmount } from '@billingos/pricing/money';
import { isFarAboveUsual } from '@billingos/pricing/usual';
import { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { JobHandlers } from '../../platform/jobs/job-handlers.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { Connections } from '../../stripe/connections.ts';
import { Intents } from '../../stripe/intents.ts';
import { findAdvancing, setAutoAdvance } from '../../stripe/stripe.invoices.ts';
import { AlertsService } from '../alerts/alerts.service.ts';
import { AuditService } from '../audit/audit.service.ts';
import { holdInvoice } from './invoices.jobs.ts';
import { InvoicesRepository } from './invoices.repository.ts';
import type { parkedReasons } from './invoices.schemas.ts';

type ParkedReason = (typeof parkedReasons)[number];

const day = 24 * 60 * 60 * 1_000;
/** Of one subscription in a day, unless it has so many prices. */
const linesADayMax = 15;
/** So many of the last invoices say what is usual. */
const earlierMax = 12;

const holdIntent = { kind: 'invoice.hold', params: z.object({ stripe_invoice_id: z.string() }) };

/** An invoice as it is about to be issued. */
export interface Candidate {
  id: string;
  subscription_id: string;
  currency: string;
  total: number;
  lines: {
    kind: string;
    price_id: string | null;
    period_start: Date | null;
    period_end: Date | null;
  }[];
}

/**
 * Holds an invoice back that is probably a mistake, before anybody is charged: far above what the subscription paid so
 * far, or one of too many lines in a day. A draft on Stripe is told not to go on by itself.
 */
@Injectable()
export class ParkInvoice implements OnModuleInit {
  constructor(
    private readonly invoices: InvoicesRepository,
    private readonly connections: Connections,
    private readonly intents: Intents,
    private readonly alerts: AlertsService,
    private readonly audit: AuditService,
    private readonly outbox: Outbox,
    private readonly handlers: JobHandlers,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.intents.register({
      ...holdIntent,
      call: async ({ stripe_invoice_id: id }, { environment_id: environmentId, idempotency_key: key }) =>
        setAutoAdvance(await this.connections.of(environmentId), id, false, key),
      recover: async ({ stripe_invoice_id: id }, { environment_id: environmentId }) =>
        findAdvancing(await this.connections.of(environmentId), id, false),
      settle: async () => undefined,
    });
    this.handlers.register(
      holdInvoice,
      async ({ stripe_invoice_id: id }, { environment_id: environmentId }) => {
        const invoice = await this.invoices.findHeld(environmentId, id);
        if (invoice !== undefined) {
          await this.intents.perform(environmentId, holdIntent, invoice.id, { stripe_invoice_id: id });
        }
      },
    );
  }

  /** Why an invoice is to be held back. Null: it is as usual. In the open transaction. */
  async reason(environmentId: string, candidate: Candidate): Promise<ParkedReason | null> {
    const { id, subscription_id: subscriptionId } = candidate;
    const charges = candidate.lines.filter(({ kind }) => isCharge(kind));
    const prices = new Set(charges.map((line) => line.price_id)).size;
    const today = await this.invoices.chargesSince(environmentId, subscriptionId, {
      since: new Date(this.clock.now().getTime() - day),
      except: id,
    });
    if (today + charges.length > Math.max(linesADayMax, 2 * prices)) {
      return 'too_many_lines';
    }
    const earlier = await this.invoices.earlierTotals(environmentId, subscriptionId, {
      currency: candidate.currency,
      // A year costs twelve times a month: that is no mistake.
      lasting_seconds: Math.max(0, ...charges.map(secondsOf)),
      except: id,
      limit: earlierMax,
    });
    return isFarAboveUsual(candidate.total, earlier, candidate.currency) ? 'unusual_amount' : null;
  }

  /** Tells that an invoice is held back. In the open transaction, which writes it so. */
  async tell(environmentId: string, candidate: Candidate, reason: ParkedReason): Promise<void> {
    await this.audit.record(environmentId, {
      action: 'invoice.parked',
      target: { type: 'invoice', id: candidate.id },
      after: { reason, total: candidate.total, currency: candidate.currency },
    });
    const money = formatAmount(candidate.total, candidate.currency);
    await this.alerts.raise(environmentId, {
      kind: 'invoice.parked',
      severity: 'critical',
      dedupe_key: alertKey(candidate.id),
      title: `An invoice over ${money} is held back`,
      detail: `${why[reason]} Nobody is charged. Look at its lines: release it if they are right, else void it and mend what they come from.`,
      target: { type: 'invoice', id: candidate.id },
    });
  }

  /** Looks at a draft of Stripe, as it was just taken over. Says whether it is held back. In the open transaction. */
  async lookAt(environmentId: string, candidate: Candidate, stripeInvoiceId: string): Promise<boolean> {
    const reason = await this.reason(environmentId, candidate);
    if (reason !== null) {
      await this.invoices.update(environmentId, candidate.id, {
        parked_at: this.clock.now(),
        parked_reason: reason,
      });
      await this.tell(environmentId, candidate, reason);
      await this.outbox.add(environmentId, holdInvoice, { stripe_invoice_id: stripeInvoiceId });
    }
    return reason !== null;
  }

  /** It is no longer held back: released, dropped, or sent on by somebody on Stripe. In the open transaction. */
  async over(environmentId: string, id: string): Promise<void> {
    await this.alerts.resolve(environmentId, alertKey(id));
  }
}

const why: Record<ParkedReason, string> = {
  unusual_amount: 'It is more than ten times what this subscription usually costs.',
  too_many_lines: 'This subscription was charged for more in a day than it has prices.',
};

function alertKey(id: string): string {
  return `invoice.parked:${id}`;
}

function secondsOf({ period_start: start, period_end: end }: Candidate['lines'][number]): number {
  return start === null || end === null ? 0 : (end.getTime() - start.getTime()) / 1_000;
}

/** Whether a line charges for the subscription: taxes, discounts and what a person added are not counted. */
function isCharge(kind: string): boolean {
  return kind === 'recurring' || kind === 'usage' || kind === 'proration';
}
