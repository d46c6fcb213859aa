import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.ts';
import { newestFirst } from '../../platform/database/newest-first.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';

const columns = [
  'id',
  'key',
  'name',
  'percent_off',
  'amount_off',
  'currency',
  'duration',
  'duration_months',
  'redemptions_max',
  'redeem_by',
  'archived_at',
  'stripe_coupon_id',
  'created_at',
] as const;

@Injectable()
export class CouponsRepository {
  constructor(private readonly database: Database) {}

  async insert(
    environmentId: string,
    coupon: {
      id: string;
      key: string;
      name: string;
      percent_off: number | null;
      amount_off: number | null;
      currency: string | null;
      duration: 'once' | 'repeating' | 'forever';
      duration_months: number | null;
      redemptions_max: number | null;
      redeem_by: Date | null;
      created_at: Date;
    },
  ): Promise<void> {
    await this.database.q
      .insertInto('coupons')
      .values({ environment_id: environmentId, ...coupon })
      .execute();
  }

  /** By key, in capitals or not, or by id. */
  async find(environmentId: string, reference: string) {
    const row = await this.database.q
      .selectFrom('coupons')
      .select(columns)
      .where('environment_id', '=', environmentId)
      .where((eb) =>
        eb.or([eb(eb.fn('lower', ['key']), '=', reference.toLowerCase()), eb('id', '=', reference)]),
      )
      .executeTakeFirst();
    return row === undefined ? undefined : withPercent(row);
  }

  async list(environmentId: string, page: PageRequest & { archived: boolean }) {
    let query = this.database.q
      .selectFrom('coupons')
      .select(columns)
      .where('environment_id', '=', environmentId);
    if (!page.archived) {
      query = query.where('archived_at', 'is', null);
    }
    return (await query.$call(newestFirst('id', page)).execute()).map(withPercent);
  }

  async archive(environmentId: string, id: string, at: Date): Promise<void> {
    await this.database.q
      .updateTable('coupons')
      .set({ archived_at: at })
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .where('archived_at', 'is', null)
      .execute();
  }
}

/** At most two decimals: a number says it exactly as Stripe's JSON does. */
function withPercent<T extends { percent_off: string | null }>(row: T) {
  return { ...row, percent_off: row.percent_off === null ? null : Number(row.percent_off) };
}
