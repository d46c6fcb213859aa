import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { AppError } from '../../platform/errors.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import { newId } from '../../platform/ids.ts';
import { JobHandlers } from '../../platform/jobs/job-handlers.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { Log } from '../../platform/log.ts';
import { StripeUnavailable } from '../../stripe/stripe.errors.ts';
import { AuditService } from '../audit/audit.service.ts';
import { type Plan, PlansService } from '../catalog/plans.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { ChangeSubscription } from './change-subscription.ts';
import type { migratePlan } from './plan-migrations.schemas.ts';
import { PlanMigrationsRepository } from './plan-migrations.repository.ts';
import { purposeOf } from './offer.ts';
import { recurringAmounts } from './recurring-revenue.ts';
import { RecurringSales, type SoldAlike } from './recurring-sales.ts';
import { runMigration } from './subscriptions.jobs.ts';
import { NothingToChange, PlanMigrationNotFound } from './subscriptions.errors.ts';

type Wish = z.output<typeof migratePlan>;

const itemsPerRun = 20;
const failuresShown = 100;

/**
 * Moves subscribers of a plan to its newest version, each by the same change that could be asked for it alone. One that
 * cannot be moved stays as it is, with the reason, and holds up nobody.
 */
@Injectable()
export class MigratePlan implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly migrations: PlanMigrationsRepository,
    private readonly recurring: RecurringSales,
    private readonly plans: PlansService,
    private readonly customers: CustomersService,
    private readonly changes: ChangeSubscription,
    private readonly audit: AuditService,
    private readonly outbox: Outbox,
    private readonly handlers: JobHandlers,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.handlers.register(runMigration, ({ plan_migration_id: id }, { environment_id: environmentId }) =>
      this.run(environmentId, id),
    );
  }

  /** Who is on which version, and what they bring. Throws `PlanNotFound`. */
  async affected(environmentId: string, reference: string) {
    const plan = await this.plans.get(environmentId, reference, 'id');
    return this.database.tenant(environmentId, async () => {
      const versions = await this.migrations.versions(environmentId, plan.id);
      const described = [];
      for (const { id, number, running } of versions) {
        const ids = await this.migrations.running(environmentId, [id], undefined);
        described.push({
          plan_version_id: id,
          number,
          is_newest: id === plan.version.id,
          running,
          monthly: recurringAmounts(await this.recurring.of(environmentId, ids)),
        });
      }
      return { versions: described };
    });
  }

  /** What a migration would come to, before anything is done. Throws `PlanNotFound`, `CustomerNotFound`. */
  async preview(environmentId: string, reference: string, wish: Wish) {
    const plan = await this.plans.get(environmentId, reference, 'id');
    return this.database.tenant(environmentId, async () => {
      const ids = await this.chosen(environmentId, plan, wish);
      const version = await this.plans.findVersion(environmentId, plan.version.id);
      const sales = await this.recurring.of(environmentId, ids);
      const moved = sales.map((sale) => inVersion(sale, plan.id, version?.prices ?? []));
      return {
        subscriptions: ids.length,
        monthly_before: recurringAmounts(sales),
        monthly_after: recurringAmounts(sales.map((sale, index) => moved[index] ?? sale)),
        not_offered: sales.reduce(
          (sum, { times }, index) => sum + (moved[index] === undefined ? times : 0),
          0,
        ),
      };
    });
  }

  /** Begins a migration; a job carries it out. Throws `PlanNotFound`, `CustomerNotFound`. */
  async start(environmentId: string, reference: string, wish: Wish) {
    const plan = await this.plans.get(environmentId, reference, 'id');
    return this.database.tenant(environmentId, async () => {
      const id = newId('plan_migration');
      const now = this.clock.now();
      const chosen = await this.chosen(environmentId, plan, wish);
      await this.migrations.insert(
        environmentId,
        {
          id,
          plan_id: plan.id,
          plan_version_id: plan.version.id,
          when: wish.when,
          proration: wish.proration,
          created_at: now,
          finished_at: chosen.length === 0 ? now : null,
        },
        chosen.map((subscriptionId) => ({
          id: newId('plan_migration_item'),
          subscription_id: subscriptionId,
        })),
      );
      await this.outbox.add(environmentId, runMigration, { plan_migration_id: id });
      await this.audit.record(environmentId, {
        action: 'plan.migration_started',
        target: { type: 'plan', id: plan.id },
        after: { plan_migration: id, to_version: plan.version.number, subscriptions: chosen.length },
      });
      return this.get(environmentId, id);
    });
  }

  /** Throws `PlanMigrationNotFound`. */
  get(environmentId: string, id: string) {
    return this.database.tenant(environmentId, async () => {
      const row = await this.migrations.find(environmentId, id);
      const [found] = row === undefined ? [] : await this.complete(environmentId, [row]);
      if (found === undefined) {
        throw new PlanMigrationNotFound(id);
      }
      return found;
    });
  }

  /** Of a plan, the newest first. Throws `PlanNotFound`. */
  async list(environmentId: string, reference: string, page: PageRequest) {
    const plan = await this.plans.get(environmentId, reference, 'id');
    return this.database.tenant(environmentId, async () =>
      this.complete(environmentId, await this.migrations.list(environmentId, plan.id, page)),
    );
  }

  /** The subscriptions that a wish means. */
  private async chosen(environmentId: string, plan: Plan, wish: Wish): Promise<string[]> {
    const versions = await this.migrations.versions(environmentId, plan.id);
    const from = versions.filter(({ id, number }) =>
      wish.from_versions === undefined ? id !== plan.version.id : wish.from_versions.includes(number),
    );
    let customerIds: string[] | undefined;
    if (wish.customers !== undefined) {
      customerIds = [];
      for (const [index, reference] of wish.customers.entries()) {
        customerIds.push((await this.customers.get(environmentId, reference, `customers.${index}`)).id);
      }
    }
    return this.migrations.running(
      environmentId,
      from.filter(({ id }) => id !== plan.version.id).map(({ id }) => id),
      customerIds,
    );
  }

  /** A few at a time, so that other work gets its turn. Begun again after a crash, it goes on with what is left. */
  private async run(environmentId: string, id: string): Promise<void> {
    const migration = await this.database.tenant(environmentId, () =>
      this.migrations.find(environmentId, id),
    );
    if (migration === undefined || migration.finished_at !== null) {
      return;
    }
    const items = await this.database.tenant(environmentId, () =>
      this.migrations.items(environmentId, id, 'pending', itemsPerRun),
    );
    for (const item of items) {
      const error = await this.move(environmentId, item.subscription_id, migration);
      await this.database.tenant(environmentId, () =>
        this.migrations.settle(environmentId, item.id, {
          state: error === null ? 'done' : 'failed',
          error: error?.slice(0, 1_000) ?? null,
          settled_at: this.clock.now(),
        }),
      );
    }
    await this.database.tenant(environmentId, async () => {
      const left = await this.migrations.items(environmentId, id, 'pending', 1);
      if (left.length > 0) {
        await this.outbox.add(environmentId, runMigration, { plan_migration_id: id });
      } else {
        await this.migrations.finish(environmentId, id, this.clock.now());
      }
    });
  }

  /** Null when it was moved, else why it stays. */
  private async move(
    environmentId: string,
    subscriptionId: string,
    migration: {
      plan_id: string;
      when: 'now' | 'period_end';
      proration: 'invoice' | 'next_invoice' | 'none';
    },
  ): Promise<string | null> {
    try {
      await this.changes.change(environmentId, subscriptionId, {
        plan: migration.plan_id,
        when: migration.when,
        proration: migration.proration,
      });
      return null;
    } catch (error) {
      if (error instanceof NothingToChange) {
        return null;
      }
      if (!(error instanceof AppError) || error instanceof StripeUnavailable) {
        throw error;
      }
      this.log.info('subscription.not_migrated', { subscription_id: subscriptionId, reason: error.message });
      return error.message;
    }
  }

  private async complete(
    environmentId: string,
    rows: NonNullable<Awaited<ReturnType<PlanMigrationsRepository['find']>>>[],
  ) {
    const counts = await this.migrations.counts(
      environmentId,
      rows.map(({ id }) => id),
    );
    const described = [];
    for (const row of rows) {
      const count = (state: string): number =>
        counts.find((one) => one.migration_id === row.id && one.state === state)?.count ?? 0;
      const failures = await this.migrations.items(environmentId, row.id, 'failed', failuresShown);
      described.push({
        ...row,
        pending: count('pending'),
        done: count('done'),
        failed: count('failed'),
        failures: failures.map((item) => ({
          subscription_id: item.subscription_id,
          error: item.error ?? '',
        })),
      });
    }
    return described;
  }
}

type SoldPrice = SoldAlike['items'][number]['price'];

/** A sale of a plan as it would be with a version's prices; undefined when there is none for one of its own. */
function inVersion(sale: SoldAlike, planId: string, prices: readonly SoldPrice[]): SoldAlike | undefined {
  const items = [];
  for (const item of sale.items) {
    // Add-ons stay as they are.
    const price =
      item.price.plan_id === planId ? prices.find((one) => isForTheSame(one, item.price)) : item.price;
    if (price === undefined) {
      return undefined;
    }
    items.push({ ...item, price });
  }
  return { ...sale, items };
}

function isForTheSame(a: SoldPrice, b: SoldPrice): boolean {
  return (
    purposeOf(a) === purposeOf(b) &&
    a.feature === b.feature &&
    a.currency === b.currency &&
    a.interval === b.interval &&
    a.interval_count === b.interval_count
  );
}
