import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Connections } from '../../stripe/connections.ts';
import { Intents } from '../../stripe/intents.ts';
import {
  adjustBalance,
  type BalanceEntry,
  findBalanceEntry,
  listBalanceEntries,
} from '../../stripe/stripe.customer-balance.ts';
import { AuditService } from '../audit/audit.service.ts';
import { type Customer, CustomersService } from '../customers/customers.service.ts';
import { StripeCustomers } from '../customers/stripe-customers.ts';
import { InvoicesService } from './invoices.service.ts';
import type { adjustCustomerBalance, customerBalance } from './invoices.schemas.ts';

const adjustIntent = {
  kind: 'customer.adjust_balance',
  params: z.object({
    customer_id: z.string(),
    stripe_customer_id: z.string(),
    amount: z.int(),
    currency: z.string(),
    description: z.string().nullable(),
  }),
};

/** The credit that a customer's next invoices use. Stripe keeps it, as entries that are never changed. */
@Injectable()
export class CustomerBalance implements OnModuleInit {
  constructor(
    private readonly customers: CustomersService,
    private readonly stripeCustomers: StripeCustomers,
    private readonly invoices: InvoicesService,
    private readonly connections: Connections,
    private readonly intents: Intents,
    private readonly audit: AuditService,
  ) {}

  onModuleInit(): void {
    this.intents.register({
      ...adjustIntent,
      call: async (wish, context) =>
        adjustBalance(await this.connections.of(context.environment_id), wish, context),
      recover: async (wish, context) =>
        findBalanceEntry(await this.connections.of(context.environment_id), wish, context),
      settle: (environmentId, { customer_id: id, amount, currency }) =>
        this.audit.record(environmentId, {
          action: 'customer.balance_adjusted',
          target: { type: 'customer', id },
          after: { amount, currency },
        }),
    });
  }

  /** Throws `CustomerNotFound`, `StripeNotConnected`, `StripeUnavailable`. */
  async get(environmentId: string, reference: string): Promise<z.input<typeof customerBalance>> {
    const customer = await this.customers.get(environmentId, reference, 'id');
    const entries = await this.entries(environmentId, customer);
    const ours = await this.invoices.idsByStripeId(environmentId, customer.id);
    const balance = new Map<string, number>();
    for (const entry of entries) {
      balance.set(entry.currency, (balance.get(entry.currency) ?? 0) + entry.amount);
    }
    return {
      balance: [...balance].map(([currency, amount]) => ({ amount, currency })),
      entries: entries.map((entry) => ({
        id: entry.stripe_transaction_id,
        amount: { amount: entry.amount, currency: entry.currency },
        balance_after: { amount: entry.balance_after, currency: entry.currency },
        type: entry.type,
        description: entry.description,
        invoice: ours.get(entry.stripe_invoice_id ?? '') ?? null,
        created_at: entry.created_at,
      })),
    };
  }

  /** Gives credit, or takes some. Throws also what Stripe refuses: another currency than the customer's. */
  async adjust(
    environmentId: string,
    reference: string,
    wish: z.output<typeof adjustCustomerBalance>,
  ): Promise<z.input<typeof customerBalance>> {
    const customer = await this.customers.get(environmentId, reference, 'id');
    const stripeCustomerId = await this.stripeCustomers.ensure(environmentId, customer);
    const linked = { ...customer, stripe_customer_id: stripeCustomerId };
    const [last] = await this.entries(environmentId, linked);
    // By the entry before it: the same request twice at once is one entry, one after the other they are two.
    const dedupeKey = `${customer.id}:${last?.stripe_transaction_id ?? 'first'}:${wish.amount}`;
    await this.intents.perform(environmentId, adjustIntent, dedupeKey, {
      customer_id: customer.id,
      stripe_customer_id: stripeCustomerId,
      amount: wish.amount,
      currency: wish.currency,
      description: wish.description ?? null,
    });
    return this.get(environmentId, customer.id);
  }

  private async entries(environmentId: string, customer: Customer): Promise<BalanceEntry[]> {
    return customer.stripe_customer_id === null
      ? []
      : listBalanceEntries(await this.connections.of(environmentId), customer.stripe_customer_id);
  }
}
