import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database } from '../../platform/database/database.ts';

export type LinkPurpose = 'pay' | 'survey' | 'top_up';

@Injectable()
export class CustomerLinksRepository {
  constructor(private readonly database: Database) {}

  async insert(
    environmentId: string,
    link: {
      id: string;
      token_hash: Buffer;
      purpose: LinkPurpose;
      recovery_id: string | null;
      customer_id: string | null;
      return_url: string | null;
      expires_at: Date;
      created_at: Date;
    },
  ): Promise<void> {
    await this.database.q
      .insertInto('customer_links')
      .values({ environment_id: environmentId, ...link })
      .execute();
  }

  /** Whose it is. Undefined: wrong, expired, or for something else. */
  async findByToken(hash: Buffer, purpose: LinkPurpose, now: Date) {
    const { rows } = await sql<{
      environment_id: string;
      id: string;
      recovery_id: string | null;
      customer_id: string | null;
      return_url: string | null;
    }>`
      select * from app.find_customer_link(${hash}, ${purpose}, ${now})
    `.execute(this.database.functions);
    return rows[0];
  }

  async cardForms(environmentId: string, id: string): Promise<number> {
    const row = await this.database.q
      .selectFrom('customer_links')
      .select('card_forms')
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .executeTakeFirst();
    return row?.card_forms ?? 0;
  }

  /** The `used`-th card form is used up: the next one gets a setup intent of its own. */
  async useCardForm(environmentId: string, id: string, used: number): Promise<void> {
    await this.database.q
      .updateTable('customer_links')
      .set({ card_forms: used + 1 })
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .where('card_forms', '=', used)
      .execute();
  }
}
