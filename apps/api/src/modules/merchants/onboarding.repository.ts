import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.ts';
import type { OnboardingStep } from './merchants.schemas.ts';

@Injectable()
export class OnboardingRepository {
  constructor(private readonly database: Database) {}

  async list(environmentId: string): Promise<Map<OnboardingStep, Date>> {
    const rows = await this.database.q
      .selectFrom('onboarding_steps')
      .select(['step', 'done_at'])
      .where('environment_id', '=', environmentId)
      .execute();
    return new Map(rows.map((row) => [row.step, row.done_at]));
  }

  async insert(environmentId: string, step: OnboardingStep, now: Date): Promise<void> {
    await this.database.q
      .insertInto('onboarding_steps')
      .values({ environment_id: environmentId, step, done_at: now })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}
