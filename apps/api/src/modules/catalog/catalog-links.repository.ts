import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database } from '../../platform/database/database.ts';
import type { CatalogKind } from '../../stripe/stripe.catalog-lists.ts';

/** Where the Stripe id of each kind of object is kept, and what it is called there. Constants: never a caller's. */
const places = {
  product: {
    table: 'plans',
    column: 'stripe_product_id',
    name: 'name',
    description: 'description',
    wanted: 'true',
  },
  price: {
    table: 'prices',
    column: 'stripe_price_id',
    name: 'null',
    description: 'null',
    wanted: 'archived_at is null',
  },
  meter: { table: 'meters', column: 'stripe_meter_id', name: 'name', description: 'null', wanted: 'true' },
  feature: {
    table: 'features',
    column: 'stripe_feature_id',
    name: 'name',
    description: 'null',
    wanted: 'true',
  },
  coupon: {
    table: 'coupons',
    column: 'stripe_coupon_id',
    name: 'name',
    description: 'null',
    wanted: 'archived_at is null',
  },
} as const satisfies Record<CatalogKind, unknown>;

export interface Linked {
  id: string;
  stripe_id: string;
  name: string | null;
  description: string | null;
}

/** Which objects of ours are which of Stripe's. */
@Injectable()
export class CatalogLinksRepository {
  constructor(private readonly database: Database) {}

  /** The Stripe id of an object of ours, if it is there. */
  async find(environmentId: string, kind: CatalogKind, id: string): Promise<string | null> {
    const { table, column } = places[kind];
    const { rows } = await sql<{ stripe_id: string | null }>`
      select ${sql.ref(column)} as stripe_id from ${sql.table(table)}
      where environment_id = ${environmentId} and id = ${id}`.execute(this.database.q);
    return rows[0]?.stripe_id ?? null;
  }

  /** All of a kind that are on Stripe and still wanted there. */
  async linked(environmentId: string, kind: CatalogKind): Promise<Linked[]> {
    const { table, column, name, description, wanted } = places[kind];
    const { rows } = await sql<Linked>`
      select id, ${sql.ref(column)} as stripe_id, ${sql.raw(name)} as name, ${sql.raw(description)} as description
      from ${sql.table(table)}
      where environment_id = ${environmentId} and ${sql.ref(column)} is not null and ${sql.raw(wanted)}
      order by id`.execute(this.database.q);
    return rows;
  }

  /** Takes the link with an object of Stripe back, if it is still that one. False: it is another by now, or none. */
  async unlink(environmentId: string, kind: CatalogKind, id: string, stripeId: string): Promise<boolean> {
    const { table, column } = places[kind];
    const { numAffectedRows } = await sql`
      update ${sql.table(table)} set ${sql.ref(column)} = null
      where environment_id = ${environmentId} and id = ${id} and ${sql.ref(column)} = ${stripeId}`.execute(
      this.database.q,
    );
    return numAffectedRows === 1n;
  }

  async link(environmentId: string, kind: CatalogKind, id: string, stripeId: string): Promise<void> {
    const { table, column } = places[kind];
    await sql`
      update ${sql.table(table)} set ${sql.ref(column)} = ${stripeId}
      where environment_id = ${environmentId} and id = ${id}`.execute(this.database.q);
  }

  async unlinkAll(environmentId: string): Promise<void> {
    for (const { table, column } of Object.values(places)) {
      await sql`
        update ${sql.table(table)} set ${sql.ref(column)} = null
        where environment_id = ${environmentId} and ${sql.ref(column)} is not null`.execute(this.database.q);
    }
  }
}
