import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database } from '../../platform/database/database.ts';

@Injectable()
export class MerchantsRepository {
  constructor(private readonly database: Database) {}

  /** Creates a merchant with its owner and its live and test environments. */
  async create(merchant: {
    id: string;
    slug: string;
    name: string;
    owner: { user_id: string; email: string };
    live_id: string;
    test_id: string;
    now: Date;
  }): Promise<void> {
    await sql`
      select app.create_merchant(
        ${merchant.id}, ${merchant.slug}, ${merchant.name}, ${merchant.owner.user_id}, ${merchant.owner.email},
        ${merchant.live_id}, ${merchant.test_id}, ${merchant.now})
    `.execute(this.database.functions);
  }

  /** The memberships of the user whose account transaction is open, oldest first, with their environments. */
  async ofUser(userId: string) {
    const merchants = await this.database.q
      .selectFrom('members')
      .innerJoin('merchants', 'merchants.id', 'members.merchant_id')
      .select(['merchants.id', 'merchants.slug', 'merchants.name', 'members.role'])
      .where('members.user_id', '=', userId)
      .orderBy('merchants.id')
      .execute();
    const environments = await this.database.q
      .selectFrom('environments')
      .select(['id', 'merchant_id', 'slug', 'name', 'mode'])
      .orderBy('id')
      .execute();
    return merchants.map((merchant) => ({
      ...merchant,
      environments: environments.filter((environment) => environment.merchant_id === merchant.id),
    }));
  }

  /** The merchant whose environment's transaction is open. */
  ofEnvironment(environmentId: string): Promise<{ id: string; name: string } | undefined> {
    return this.database.q
      .selectFrom('merchants')
      .innerJoin('environments', 'environments.merchant_id', 'merchants.id')
      .select(['merchants.id', 'merchants.name'])
      .where('environments.id', '=', environmentId)
      .executeTakeFirst();
  }
}
