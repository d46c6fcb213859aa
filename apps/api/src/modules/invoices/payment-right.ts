import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { newId } from '../../platform/ids.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { AuditService } from '../audit/audit.service.ts';
import { InvoiceNotOnStripe, InvoiceNotOpen, PaymentUnderWay } from './invoices.errors.ts';
import { resolvePayment } from './invoices.jobs.ts';
import { InvoicesRepository } from './invoices.repository.ts';
import { InvoicesService } from './invoices.service.ts';

/** Longer than a call to Stripe with its repetition takes. */
const heldForMs = 5 * 60_000;

/**
 * The right to try a payment of an invoice, which one has at a time, over all processes and ways to pay. It is given
 * back when the outcome is known. When its time is up nobody may take it over: whoever wants it finds out on Stripe
 * what became of the payment first.
 */
@Injectable()
export class PaymentRight {
  constructor(
    private readonly database: Database,
    private readonly invoices: InvoicesService,
    private readonly rows: InvoicesRepository,
    private readonly outbox: Outbox,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /**
   * The holder's name; `stale` when somebody held it for too long. Throws `InvoiceNotOnStripe`, `InvoiceNotOpen`,
   * `PaymentUnderWay`.
   */
  claim(environmentId: string, id: string): Promise<{ holder: string } | 'stale'> {
    return this.database.tenant(environmentId, async () => {
      const invoice = await this.invoices.lock(environmentId, id);
      if (invoice.provider !== 'stripe') {
        throw new InvoiceNotOnStripe(id);
      }
      if (invoice.status !== 'open') {
        throw new InvoiceNotOpen(id, invoice.status);
      }
      const now = this.clock.now();
      if (invoice.paying_until !== null) {
        if (invoice.paying_until > now) {
          throw new PaymentUnderWay(id);
        }
        return 'stale' as const;
      }
      const holder = newId('payment');
      const until = new Date(now.getTime() + heldForMs);
      await this.rows.setPaying(environmentId, id, { paying_by: holder, paying_until: until });
      // Whatever happens to this process, somebody finds out.
      await this.outbox.add(environmentId, resolvePayment, { invoice_id: id }, { available_at: until });
      await this.audit.record(environmentId, {
        action: 'invoice.payment_begun',
        target: { type: 'invoice', id },
      });
      return { holder };
    });
  }

  /** Notes which attempt is about to be made, before it is. False: the right was lost meanwhile. */
  note(environmentId: string, id: string, holder: string, attempt: string): Promise<boolean> {
    return this.database.tenant(environmentId, () =>
      this.rows.renamePayer(environmentId, id, { from: holder, to: `${holder}:${attempt}` }),
    );
  }

  /** Gives the right back, if it is still held by this holder. */
  async release(environmentId: string, id: string, holder: string): Promise<void> {
    await this.database.tenant(environmentId, () => this.rows.clearPayer(environmentId, id, holder));
  }
}

/** The attempt that a holder was about to make. Undefined: it had not come so far. */
export function attemptOf(holder: string): string | undefined {
  const [, ...attempt] = holder.split(':');
  return attempt.length === 0 ? undefined : attempt.join(':');
}
