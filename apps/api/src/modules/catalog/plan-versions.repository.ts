import { Injectable } from '@nestjs/common';
import { atLeastOne } from '../../platform/database/at-least-one.ts';
import { Database } from '../../platform/database/database.ts';
import { newestFirst } from '../../platform/database/newest-first.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import { caps } from './catalog.schemas.ts';
import type { UsageCap } from './plan.ts';

/** The most that metered use of a subscription may cost in a billing period, in minor units. */
export interface SpendCap {
  amount: number;
  currency: string;
}

export interface Trial {
  days: number;
  requires_card: boolean;
  /** What happens when it ends without a payment method. */
  end: 'cancel' | 'pause';
}

/** What a version grants anew each interval. */
export interface PlanCredits {
  quantity: number;
  interval: 'day' | 'week' | 'month' | 'year';
  interval_count: number;
  rollover: { max: number; periods: number } | null;
}

/** What `withTerms` makes its pieces of. */
export const termColumns = [
  'trial_days',
  'trial_requires_card',
  'trial_end',
  'spend_cap_amount',
  'spend_cap_currency',
] as const;

/** What plans cost and grant, version by version; a draft is a version that is not published. */
@Injectable()
export class PlanVersionsRepository {
  constructor(private readonly database: Database) {}

  async insert(
    environmentId: string,
    version: {
      id: string;
      plan_id: string;
      number: number;
      created_at: Date;
      published_at: Date | null;
      trial: Trial | null;
      spend_cap: SpendCap | null;
    },
  ): Promise<void> {
    const { trial, spend_cap: spendCap, ...fields } = version;
    await this.database.q
      .insertInto('plan_versions')
      .values({
        environment_id: environmentId,
        ...fields,
        ...trialColumns(trial),
        spend_cap_amount: spendCap?.amount ?? null,
        spend_cap_currency: spendCap?.currency ?? null,
      })
      .execute();
  }

  async insertFeatures(
    environmentId: string,
    versionId: string,
    features: {
      feature_id: string;
      limit: number | null;
      overage: 'block' | 'allow' | null;
      value: string | null;
      caps: UsageCap[] | null;
    }[],
  ): Promise<void> {
    if (features.length > 0) {
      await this.database.q
        .insertInto('plan_features')
        .values(
          features.map((feature) => ({
            environment_id: environmentId,
            plan_version_id: versionId,
            ...feature,
            caps: feature.caps === null ? null : JSON.stringify(feature.caps),
          })),
        )
        .execute();
    }
  }

  async insertCredits(environmentId: string, versionId: string, credits: PlanCredits): Promise<void> {
    const { rollover, ...terms } = credits;
    await this.database.q
      .insertInto('plan_credits')
      .values({
        environment_id: environmentId,
        plan_version_id: versionId,
        ...terms,
        rollover_max: rollover?.max ?? null,
        rollover_periods: rollover?.periods ?? null,
      })
      .execute();
  }

  /** Published ones, the newest first. */
  async list(environmentId: string, planId: string, page: PageRequest) {
    const rows = await this.database.q
      .selectFrom('plan_versions')
      .select(['id', 'number', 'published_at', ...termColumns])
      .$narrowType<{ published_at: Date }>()
      .where('environment_id', '=', environmentId)
      .where('plan_id', '=', planId)
      .where('published_at', 'is not', null)
      .$call(newestFirst('id', page))
      .execute();
    return rows.map(withTerms);
  }

  async lastNumber(environmentId: string, planId: string): Promise<number> {
    const { number } = await this.database.q
      .selectFrom('plan_versions')
      .select((eb) => eb.fn.max('number').as('number'))
      .where('environment_id', '=', environmentId)
      .where('plan_id', '=', planId)
      .executeTakeFirstOrThrow();
    return number;
  }

  async findDraft(environmentId: string, planId: string) {
    const row = await this.database.q
      .selectFrom('plan_versions')
      .select(['id', 'number', 'created_at', ...termColumns])
      .where('environment_id', '=', environmentId)
      .where('plan_id', '=', planId)
      .where('published_at', 'is', null)
      .executeTakeFirst();
    return row === undefined ? undefined : withTerms(row);
  }

  /** With its prices and features. */
  async deleteDraft(environmentId: string, planId: string): Promise<void> {
    for (const table of ['prices', 'plan_features', 'plan_credits'] as const) {
      await this.database.q
        .deleteFrom(table)
        .where('environment_id', '=', environmentId)
        .where('plan_version_id', 'in', (eb) =>
          eb
            .selectFrom('plan_versions')
            .select('id')
            .where('environment_id', '=', environmentId)
            .where('plan_id', '=', planId)
            .where('published_at', 'is', null),
        )
        .execute();
    }
    await this.database.q
      .deleteFrom('plan_versions')
      .where('environment_id', '=', environmentId)
      .where('plan_id', '=', planId)
      .where('published_at', 'is', null)
      .execute();
  }

  async publish(environmentId: string, versionId: string, at: Date): Promise<void> {
    await this.database.q
      .updateTable('plan_versions')
      .set({ published_at: at })
      .where('environment_id', '=', environmentId)
      .where('id', '=', versionId)
      .execute();
  }

  /** Of any version, newest or not. */
  async find(environmentId: string, versionId: string) {
    const row = await this.database.q
      .selectFrom('plan_versions')
      .innerJoin('plans', (join) =>
        join
          .onRef('plans.environment_id', '=', 'plan_versions.environment_id')
          .onRef('plans.id', '=', 'plan_versions.plan_id'),
      )
      .select([
        'plan_versions.id',
        'plan_versions.plan_id',
        'plans.key',
        'plans.name',
        'plans.group',
        'plans.rank',
        'plans.type',
        'plan_versions.number',
        ...termColumns,
      ])
      .where('plan_versions.environment_id', '=', environmentId)
      .where('plan_versions.id', '=', versionId)
      .executeTakeFirst();
    return row === undefined ? undefined : withTerms(row);
  }

  async features(environmentId: string, versionIds: string[]) {
    const rows = await this.database.q
      .selectFrom('plan_features')
      .innerJoin('features', (join) =>
        join
          .onRef('features.environment_id', '=', 'plan_features.environment_id')
          .onRef('features.id', '=', 'plan_features.feature_id'),
      )
      .select([
        'plan_features.plan_version_id',
        'plan_features.feature_id',
        'features.key as feature',
        'features.name',
        'features.type',
        'plan_features.limit',
        'plan_features.overage',
        'plan_features.value',
        'plan_features.caps',
      ])
      .where('plan_features.environment_id', '=', environmentId)
      .where('plan_features.plan_version_id', 'in', atLeastOne(versionIds))
      .orderBy('features.key')
      .execute();
    return rows.map((row) => ({ ...row, caps: caps.nullable().parse(row.caps) }));
  }

  async credits(
    environmentId: string,
    versionIds: string[],
  ): Promise<(PlanCredits & { plan_version_id: string })[]> {
    const rows = await this.database.q
      .selectFrom('plan_credits')
      .select([
        'plan_version_id',
        'quantity',
        'interval',
        'interval_count',
        'rollover_max',
        'rollover_periods',
      ])
      .where('environment_id', '=', environmentId)
      .where('plan_version_id', 'in', atLeastOne(versionIds))
      .execute();
    return rows.map(({ rollover_max: max, rollover_periods: periods, quantity, ...row }) => ({
      ...row,
      quantity: Number(quantity),
      rollover: max === null || periods === null ? null : { max: Number(max), periods },
    }));
  }
}

function trialColumns(trial: Trial | null) {
  return trial === null
    ? { trial_days: null }
    : { trial_days: trial.days, trial_requires_card: trial.requires_card, trial_end: trial.end };
}

/** With its trial and its cap each in one piece. */
export function withTerms<
  T extends {
    trial_days: number | null;
    trial_requires_card: boolean;
    trial_end: 'cancel' | 'pause';
    spend_cap_amount: number | null;
    spend_cap_currency: string | null;
  },
>({
  trial_days: days,
  trial_requires_card: requiresCard,
  trial_end: end,
  spend_cap_amount: amount,
  spend_cap_currency: currency,
  ...row
}: T) {
  return {
    ...row,
    trial: days === null ? null : { days, requires_card: requiresCard, end },
    spend_cap: amount === null || currency === null ? null : { amount, currency },
  };
}
