import { createHash } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Database } from '../../platform/database/database.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { Connections } from '../../stripe/connections.ts';
import { Intents } from '../../stripe/intents.ts';
import {
  closeStripeDispute,
  findAnsweredDispute,
  submitDisputeEvidence,
} from '../../stripe/stripe.disputes.ts';
import { refundOf } from '../invoices/invoices.service.ts';
import { isClosedDispute } from './dispute.ts';
import { DisputeClosed, DisputeNotFound } from './payments.errors.ts';
import { takeOverPayments } from './payments.jobs.ts';
import { PaymentsRepository } from './payments.repository.ts';
import type { dispute, listDisputes, listRefunds, submitEvidence } from './payments.schemas.ts';
import { TakeOverPayments } from './take-over-payments.ts';

type Dispute = z.input<typeof dispute>;
type Row = NonNullable<Awaited<ReturnType<PaymentsRepository['findDispute']>>>;

const named = { dispute_id: z.string(), invoice_id: z.string(), stripe_dispute_id: z.string() };
const evidenceIntent = {
  kind: 'dispute.submit_evidence',
  params: z.object({
    ...named,
    uncategorized_text: z.string(),
    product_description: z.string().optional(),
  }),
};
const closeIntent = { kind: 'dispute.close', params: z.object(named) };

/** Refunds and disputes as they stand, and what a merchant can say to a dispute. */
@Injectable()
export class DisputesService implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly payments: PaymentsRepository,
    private readonly takeOver: TakeOverPayments,
    private readonly connections: Connections,
    private readonly intents: Intents,
    private readonly outbox: Outbox,
  ) {}

  onModuleInit(): void {
    const settle = async (environmentId: string, { invoice_id: id }: { invoice_id: string }) => {
      await this.outbox.add(environmentId, takeOverPayments, { invoice_id: id });
    };
    this.intents.register({
      ...evidenceIntent,
      call: async (wish, { environment_id: environmentId, idempotency_key: key }) =>
        submitDisputeEvidence(await this.connections.of(environmentId), wish.stripe_dispute_id, wish, key),
      recover: async ({ stripe_dispute_id: id }, { environment_id: environmentId }) =>
        findAnsweredDispute(await this.connections.of(environmentId), id, 'submitted'),
      settle,
    });
    this.intents.register({
      ...closeIntent,
      call: async ({ stripe_dispute_id: id }, { environment_id: environmentId, idempotency_key: key }) =>
        closeStripeDispute(await this.connections.of(environmentId), id, key),
      recover: async ({ stripe_dispute_id: id }, { environment_id: environmentId }) =>
        findAnsweredDispute(await this.connections.of(environmentId), id, 'closed'),
      settle,
    });
  }

  async listRefunds(environmentId: string, query: z.output<typeof listRefunds>) {
    const rows = await this.database.tenant(environmentId, () =>
      this.payments.listRefunds(environmentId, query),
    );
    return rows.map(refundOf);
  }

  async list(environmentId: string, query: z.output<typeof listDisputes>): Promise<Dispute[]> {
    const rows = await this.database.tenant(environmentId, () =>
      this.payments.listDisputes(environmentId, query),
    );
    return rows.map(disputeOf);
  }

  /** Throws `DisputeNotFound`. */
  async get(environmentId: string, id: string): Promise<Dispute> {
    return disputeOf(await this.find(environmentId, id));
  }

  /** Sends evidence to the bank, for good. Throws `DisputeNotFound`, `DisputeClosed`. */
  async submitEvidence(
    environmentId: string,
    id: string,
    { text, product_description: product }: z.output<typeof submitEvidence>,
  ): Promise<Dispute> {
    const row = await this.findOpen(environmentId, id);
    const content = createHash('sha256')
      .update(`${text}\0${product ?? ''}`)
      .digest('hex')
      .slice(0, 16);
    await this.intents.perform(environmentId, evidenceIntent, `${id}:${content}`, {
      ...namesOf(row),
      uncategorized_text: text,
      ...(product === undefined ? {} : { product_description: product }),
    });
    await this.takeOver.take(environmentId, row.invoice_id);
    return this.get(environmentId, id);
  }

  /** Accepts a dispute as lost. Throws `DisputeNotFound`, `DisputeClosed`. */
  async close(environmentId: string, id: string): Promise<Dispute> {
    const row = await this.findOpen(environmentId, id);
    await this.intents.perform(environmentId, closeIntent, id, namesOf(row));
    await this.takeOver.take(environmentId, row.invoice_id);
    return this.get(environmentId, id);
  }

  private find(environmentId: string, id: string): Promise<Row> {
    return this.database.tenant(environmentId, async () => {
      const row = await this.payments.findDispute(environmentId, id);
      if (row === undefined) {
        throw new DisputeNotFound(id);
      }
      return row;
    });
  }

  private async findOpen(environmentId: string, id: string): Promise<Row> {
    const row = await this.find(environmentId, id);
    if (isClosedDispute(row.status)) {
      throw new DisputeClosed(id, row.status);
    }
    return row;
  }
}

function namesOf(row: Row) {
  return { dispute_id: row.id, invoice_id: row.invoice_id, stripe_dispute_id: row.stripe_dispute_id };
}

function disputeOf(row: Row): Dispute {
  return {
    ...row,
    invoice: row.invoice_id,
    payment: row.payment_id,
    amount: { amount: row.amount, currency: row.currency },
  };
}
