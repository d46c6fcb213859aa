import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { isStatementTimeout } from '../../platform/errors.ts';
import { FeaturesService } from '../catalog/features.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { ExploreRollupsRepository } from './explore-rollups.repository.ts';
import { type Explored, type ExploredRow, ExploreUsageRepository } from './explore-usage.repository.ts';
import type { exploreUsage, usageExploration } from './explore-usage.schemas.ts';
import { ExplorationTooFine, ExplorationTooLarge, NotGroupedBy } from './usage.errors.ts';

const day = 24 * 60 * 60 * 1_000;
const rangeDefaultDays = 30;
/** How far apart the ends may be, in days. Events are kept for 400. */
const daysMax: Record<Explored['interval'], number> = { hour: 31, day: 400, month: 400 };

/** What was used when, by whom and of what kind. */
@Injectable()
export class ExploreUsage {
  constructor(
    private readonly database: Database,
    private readonly events: ExploreUsageRepository,
    private readonly rollups: ExploreRollupsRepository,
    private readonly features: FeaturesService,
    private readonly customers: CustomersService,
    private readonly clock: Clock,
  ) {}

  /** By when it occurred. Throws `MeterNotFound`, `CustomerNotFound`, `NotGroupedBy`, `ExplorationTooFine`, `ExplorationTooLarge`. */
  explore(
    environmentId: string,
    query: z.output<typeof exploreUsage>,
  ): Promise<z.input<typeof usageExploration>> {
    const { interval, timezone, top } = query;
    // An event of this very moment is in.
    const to = query.to ?? new Date(this.clock.now().getTime() + 1);
    const wished = query.from ?? new Date(to.getTime() - rangeDefaultDays * day);
    // A day on top: the last one has begun.
    if (to.getTime() - wished.getTime() > (daysMax[interval] + 1) * day) {
      throw new ExplorationTooFine(interval, daysMax[interval]);
    }
    return this.database.tenant(environmentId, async () => {
      const meter = await this.features.getMeter(environmentId, query.meter, 'meter');
      const groupBy = query.group_by;
      if (groupBy !== undefined && groupBy !== 'customer' && !meter.group_by.includes(groupBy)) {
        throw new NotGroupedBy(groupBy, meter.key);
      }
      const customer =
        query.customer === undefined
          ? undefined
          : await this.customers.get(environmentId, query.customer, 'customer');
      const from = await this.events.startOf(interval, timezone, wished);
      const explored = { meter, from, to, interval, timezone, customer_id: customer?.id, group_by: groupBy };
      const source = (await this.rollups.answers(environmentId, explored)) ? this.rollups : this.events;
      const rows = await source.values(environmentId, explored, top).catch((error: unknown) => {
        // Elsewhere that is an outage; here it is more likely a question that Postgres cannot answer in time.
        throw isStatementTimeout(error) ? new ExplorationTooLarge(error) : error;
      });
      const others = rows.filter(({ is_group: isGroup, place }) => isGroup && place === null);
      const groups = rows.filter(({ bucket, place }) => bucket === null && place !== null);
      return {
        meter: meter.key,
        aggregation: meter.aggregation,
        from,
        to,
        interval,
        timezone,
        ...sumsOf(rows.filter(({ is_group: isGroup }) => !isGroup)),
        groups: groups
          .toSorted((one, other) => Number(one.place) - Number(other.place))
          .map(({ place, group }) => ({ group, ...sumsOf(rows.filter((row) => row.place === place)) })),
        other: groupBy !== undefined && others.length > 0 ? sumsOf(others) : null,
      };
    });
  }
}

function sumsOf(rows: readonly ExploredRow[]) {
  const whole = rows.find(({ bucket }) => bucket === null);
  return {
    value: Number(whole?.value ?? 0),
    events: whole?.events ?? 0,
    over_time: rows.flatMap(({ bucket, value }) =>
      bucket === null ? [] : [{ start: bucket, value: Number(value) }],
    ),
  };
}
