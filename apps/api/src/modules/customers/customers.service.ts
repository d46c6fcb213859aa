import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { violatedConstraint } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { AuditService } from '../audit/audit.service.ts';
import { OnboardingService } from '../merchants/onboarding.service.ts';
import { parseCustomerReference } from './customer-reference.ts';
import { CustomerNotFound, ExternalIdIsFixed, ExternalIdTaken } from './customers.errors.ts';
import { CustomersRepository } from './customers.repository.ts';
import {
  type createCustomer,
  customer as customerSchema,
  type listCustomers,
  type updateCustomer,
} from './customers.schemas.ts';

/** A row is wider than what leaves: `customers.schemas.ts` picks. */
type CustomerRow = Awaited<ReturnType<CustomersRepository['insert']>>;
export type Customer = Omit<CustomerRow, 'metadata'> & { metadata: Record<string, string> };

const day = 24 * 60 * 60 * 1000;

@Injectable()
export class CustomersService {
  constructor(
    private readonly database: Database,
    private readonly customers: CustomersRepository,
    private readonly audit: AuditService,
    private readonly onboarding: OnboardingService,
    private readonly clock: Clock,
  ) {}

  async list(environmentId: string, query: z.output<typeof listCustomers>): Promise<Customer[]> {
    const rows = await this.database.tenant(environmentId, () => this.customers.list(environmentId, query));
    return rows.map(withMetadata);
  }

  summary(environmentId: string) {
    const since = new Date(this.clock.now().getTime() - 30 * day);
    return this.database.tenant(environmentId, () => this.customers.summary(environmentId, since));
  }

  /** The customer that a reference means (see `parseCustomerReference`). Throws `CustomerNotFound`. */
  get(environmentId: string, reference: string, param?: string): Promise<Customer> {
    return this.database.tenant(environmentId, async () => {
      const row = await this.customers.find(environmentId, parseCustomerReference(reference));
      if (row === undefined) {
        throw new CustomerNotFound(reference, param);
      }
      return withMetadata(row);
    });
  }

  /** Like `get`, in the open transaction, locking the customer until it ends. */
  async lock(environmentId: string, reference: string): Promise<Customer> {
    const row = await this.customers.lock(environmentId, parseCustomerReference(reference));
    if (row === undefined) {
      throw new CustomerNotFound(reference);
    }
    return withMetadata(row);
  }

  findByStripeCustomer(environmentId: string, stripeCustomerId: string): Promise<Customer | undefined> {
    return this.database.tenant(environmentId, async () => {
      const row = await this.customers.findByStripeCustomer(environmentId, stripeCustomerId);
      return row === undefined ? undefined : withMetadata(row);
    });
  }

  /** Those of ours that Stripe's customers are: by our link, or by our id, which is written on what we made there. */
  findByStripe(
    environmentId: string,
    stripe: { stripe_customer_id: string; bos_customer_id: string | null }[],
  ) {
    return this.database.tenant(environmentId, () =>
      this.customers.findByStripe(
        environmentId,
        stripe.map((customer) => customer.stripe_customer_id),
        stripe.flatMap(({ bos_customer_id: id }) => id ?? []),
      ),
    );
  }

  create(environmentId: string, wish: z.output<typeof createCustomer>): Promise<Customer> {
    return this.database.tenant(environmentId, async () => {
      const now = this.clock.now();
      const { external_id: externalId = null, metadata, ...rest } = wish;
      const row = await this.customers
        .insert(environmentId, {
          id: newId('customer'),
          external_id: externalId,
          ...rest,
          metadata: JSON.stringify(metadata),
          created_at: now,
          updated_at: now,
        })
        .catch(refuseTakenExternalId(externalId));
      await this.audit.record(environmentId, {
        action: 'customer.created',
        target: { type: 'customer', id: row.id },
        after: { external_id: externalId },
      });
      await this.onboarding.complete(environmentId, 'first_customer');
      return withMetadata(row);
    });
  }

  update(
    environmentId: string,
    reference: string,
    change: z.output<typeof updateCustomer>,
  ): Promise<Customer> {
    return this.database.tenant(environmentId, async () => {
      const before = await this.lock(environmentId, reference);
      if (
        change.external_id !== undefined &&
        before.external_id !== null &&
        change.external_id !== before.external_id
      ) {
        throw new ExternalIdIsFixed();
      }
      const { external_id: externalId, name, email, metadata } = change;
      const row = await this.customers
        .update(environmentId, before.id, {
          ...(externalId === undefined ? {} : { external_id: externalId }),
          ...(name === undefined ? {} : { name }),
          ...(email === undefined ? {} : { email }),
          ...(metadata === undefined ? {} : { metadata: JSON.stringify(metadata) }),
          updated_at: this.clock.now(),
        })
        .catch(refuseTakenExternalId(externalId ?? null));
      await this.audit.record(environmentId, {
        action: 'customer.updated',
        target: { type: 'customer', id: row.id },
        // Which fields, not what they said: the log is kept longer than personal data should be.
        after: { fields: Object.keys(change) },
      });
      return withMetadata(row);
    });
  }

  /** Remembers which Stripe customer is this one. In the open transaction. */
  linkStripeCustomer(environmentId: string, id: string, stripeCustomerId: string): Promise<void> {
    return this.customers.linkStripeCustomer(environmentId, id, stripeCustomerId, this.clock.now());
  }

  /** Clears the link with a Stripe customer that was deleted there. One with another stays as it is. */
  unlinkStripeCustomer(environmentId: string, id: string, stripeCustomerId: string): Promise<void> {
    return this.database.tenant(environmentId, async () => {
      const isCleared = await this.customers.unlinkStripeCustomer(
        environmentId,
        id,
        stripeCustomerId,
        this.clock.now(),
      );
      if (isCleared) {
        await this.audit.record(environmentId, {
          action: 'customer.stripe_link_cleared',
          target: { type: 'customer', id },
          before: { stripe_customer_id: stripeCustomerId },
        });
      }
    });
  }

  /**
   * Makes a Stripe customer ours: the one who has its `external_id` already, or a new one. In the open transaction.
   * `taken`: who has the external id is another Stripe customer.
   */
  async adopt(
    environmentId: string,
    stripe: { id: string; external_id: string | null; name: string | null; email: string | null },
    isRehearsal: boolean,
  ): Promise<{ outcome: 'create' | 'link' | 'taken'; id: string | null }> {
    const known =
      stripe.external_id === null
        ? undefined
        : await this.customers.find(environmentId, { external_id: stripe.external_id });
    if (known !== undefined && known.stripe_customer_id !== null) {
      return { outcome: 'taken', id: known.id };
    }
    if (isRehearsal) {
      return { outcome: known === undefined ? 'create' : 'link', id: known?.id ?? null };
    }
    const customer =
      known ??
      (await this.create(environmentId, {
        ...(stripe.external_id === null ? {} : { external_id: stripe.external_id }),
        name: stripe.name,
        email: stripe.email,
        metadata: {},
      }));
    await this.linkStripeCustomer(environmentId, customer.id, stripe.id);
    return { outcome: known === undefined ? 'create' : 'link', id: customer.id };
  }

  /** Forgets which Stripe customers ours are: another account has none of them. In the open transaction. */
  unlinkStripeCustomers(environmentId: string): Promise<void> {
    return this.customers.unlinkStripeCustomers(environmentId, this.clock.now());
  }

  /** Says whether Stripe may know more about the customer than we do. In the open transaction. */
  markUnsynced(environmentId: string, id: string, isUnsynced: boolean): Promise<void> {
    return this.customers.setUnsyncedSince(environmentId, id, isUnsynced ? this.clock.now() : null);
  }

  /** Counts up the state taken over from Stripe, of a locked customer. In the open transaction. */
  setStripeSequence(environmentId: string, id: string, sequence: number): Promise<void> {
    return this.customers.setStripeSequence(environmentId, id, sequence);
  }

  /** In the open transaction that changes what the customer may do. */
  bumpEntitlementsVersion(environmentId: string, id: string): Promise<void> {
    return this.customers.bumpEntitlementsVersion(environmentId, id);
  }
}

function withMetadata(row: CustomerRow): Customer {
  return { ...row, metadata: customerSchema.shape.metadata.parse(row.metadata) };
}

function refuseTakenExternalId(externalId: string | null) {
  return (error: unknown): never => {
    if (externalId !== null && violatedConstraint(error) === 'customers_environment_id_external_id_key') {
      throw new ExternalIdTaken(externalId);
    }
    throw error;
  };
}
