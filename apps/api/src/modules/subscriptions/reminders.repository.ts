import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database } from '../../platform/database/database.ts';

const reminderKinds = [
  'trial_ending',
  'trial_ended',
  'renewal',
  'subscription_started',
  'subscription_ended',
] as const;
export type ReminderKind = (typeof reminderKinds)[number];

@Injectable()
export class RemindersRepository {
  constructor(private readonly database: Database) {}

  /** What subscriptions of all environments are to tell their customers, and did not yet. */
  async due(now: Date, rowsMax: number) {
    const { rows } = await sql<{
      environment_id: string;
      subscription_id: string;
      kind: ReminderKind;
      dedupe_key: string;
    }>`select * from app.due_reminders(${now}, ${rowsMax})`.execute(this.database.functions);
    return rows;
  }
}
