import { Injectable } from '@nestjs/common';
import { atLeastOne } from '../../platform/database/at-least-one.ts';
import { Database } from '../../platform/database/database.ts';
import { newestFirst } from '../../platform/database/newest-first.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import type { CustomerReference } from './customer-reference.ts';

const columns = [
  'id',
  'external_id',
  'name',
  'email',
  'metadata',
  'stripe_customer_id',
  'stripe_links_lost',
  'entitlements_version',
  'stripe_sequence',
  'unsynced_since',
  'version',
  'created_at',
  'updated_at',
] as const;

@Injectable()
export class CustomersRepository {
  constructor(private readonly database: Database) {}

  insert(
    environmentId: string,
    customer: {
      id: string;
      external_id: string | null;
      name: string | null;
      email: string | null;
      metadata: string;
      created_at: Date;
      updated_at: Date;
    },
  ) {
    return this.database.q
      .insertInto('customers')
      .values({ environment_id: environmentId, ...customer })
      .returning(columns)
      .executeTakeFirstOrThrow();
  }

  find(environmentId: string, reference: CustomerReference) {
    return this.selectOne(environmentId, reference).executeTakeFirst();
  }

  /** Finds and locks: what is decided about a customer is decided one after the other. */
  lock(environmentId: string, reference: CustomerReference) {
    return this.selectOne(environmentId, reference).forUpdate().executeTakeFirst();
  }

  findByStripeCustomer(environmentId: string, stripeCustomerId: string) {
    return this.database.q
      .selectFrom('customers')
      .select(columns)
      .where('environment_id', '=', environmentId)
      .where('stripe_customer_id', '=', stripeCustomerId)
      .executeTakeFirst();
  }

  /** Those of ours that Stripe's customers are, by our link or by the id we wrote on them. */
  findByStripe(environmentId: string, stripeCustomerIds: string[], ids: string[]) {
    return this.database.q
      .selectFrom('customers')
      .select(['id', 'stripe_customer_id'])
      .where('environment_id', '=', environmentId)
      .where((eb) =>
        eb.or([
          eb('stripe_customer_id', 'in', atLeastOne(stripeCustomerIds)),
          eb('id', 'in', atLeastOne(ids)),
        ]),
      )
      .execute();
  }

  list(environmentId: string, page: PageRequest & { search?: string | undefined }) {
    let query = this.database.q
      .selectFrom('customers')
      .select(columns)
      .where('environment_id', '=', environmentId);
    if (page.search !== undefined) {
      // The words are looked for as they are: % and _ are no wildcards.
      const pattern = `%${page.search.replace(/[\\%_]/g, '\\$&')}%`;
      query = query.where((eb) =>
        eb.or([
          eb('name', 'ilike', pattern),
          eb('email', 'ilike', pattern),
          eb('external_id', 'ilike', pattern),
        ]),
      );
    }
    return query.$call(newestFirst('id', page)).execute();
  }

  update(
    environmentId: string,
    id: string,
    change: {
      external_id?: string;
      name?: string | null;
      email?: string | null;
      metadata?: string;
      updated_at: Date;
    },
  ) {
    return this.database.q
      .updateTable('customers')
      .set((eb) => ({ ...change, version: eb('version', '+', 1) }))
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .returning(columns)
      .executeTakeFirstOrThrow();
  }

  async linkStripeCustomer(
    environmentId: string,
    id: string,
    stripeCustomerId: string,
    now: Date,
  ): Promise<void> {
    await this.database.q
      .updateTable('customers')
      .set((eb) => ({
        stripe_customer_id: stripeCustomerId,
        updated_at: now,
        version: eb('version', '+', 1),
      }))
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .where('stripe_customer_id', 'is', null)
      .execute();
  }

  /** True when the customer was linked with this one. */
  async unlinkStripeCustomer(
    environmentId: string,
    id: string,
    stripeCustomerId: string,
    now: Date,
  ): Promise<boolean> {
    const { numUpdatedRows } = await this.database.q
      .updateTable('customers')
      .set((eb) => ({
        stripe_customer_id: null,
        stripe_links_lost: eb('stripe_links_lost', '+', 1),
        updated_at: now,
        version: eb('version', '+', 1),
      }))
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .where('stripe_customer_id', '=', stripeCustomerId)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }

  /** Forgets which Stripe customers ours are. */
  async unlinkStripeCustomers(environmentId: string, now: Date): Promise<void> {
    await this.database.q
      .updateTable('customers')
      .set((eb) => ({
        stripe_customer_id: null,
        unsynced_since: null,
        stripe_sequence: eb('stripe_sequence', '+', 1),
        updated_at: now,
        version: eb('version', '+', 1),
      }))
      .where('environment_id', '=', environmentId)
      .where('stripe_customer_id', 'is not', null)
      .execute();
  }

  async setUnsyncedSince(environmentId: string, id: string, since: Date | null): Promise<void> {
    await this.database.q
      .updateTable('customers')
      .set({ unsynced_since: since })
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }

  /** Counts up the state taken over from Stripe, for `lock`ed customers. */
  async setStripeSequence(environmentId: string, id: string, sequence: number): Promise<void> {
    await this.database.q
      .updateTable('customers')
      .set({ stripe_sequence: sequence })
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }

  /** Says that what the customer may do has changed; cached snapshots with a lower version are out of date. */
  async bumpEntitlementsVersion(environmentId: string, id: string): Promise<void> {
    await this.database.q
      .updateTable('customers')
      .set((eb) => ({ entitlements_version: eb('entitlements_version', '+', 1) }))
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }

  summary(environmentId: string, since: Date) {
    return this.database.q
      .selectFrom('customers')
      .select((eb) => [
        eb.fn.countAll<number>().as('total'),
        eb.fn.countAll<number>().filterWhere('created_at', '>=', since).as('new_last_30_days'),
      ])
      .where('environment_id', '=', environmentId)
      .executeTakeFirstOrThrow();
  }

  private selectOne(environmentId: string, reference: CustomerReference) {
    const query = this.database.q
      .selectFrom('customers')
      .select(columns)
      .where('environment_id', '=', environmentId);
    return 'id' in reference
      ? query.where('id', '=', reference.id)
      : query.where('external_id', '=', reference.external_id);
  }
}
