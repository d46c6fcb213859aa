import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Sweeper } from '../../platform/jobs/sweeper.ts';
import { Log } from '../../platform/log.ts';
import { AlertsService } from '../alerts/alerts.service.ts';
import { TotalsRepository } from './totals.repository.ts';

const lookEveryMs = 60_000;
const environmentsAtOnce = 20;
const everyHours = 1;
const changedWithinMs = 24 * 60 * 60_000;
/** What one environment may cost: a second or so of Postgres. */
const [totalsMax, eventsMax] = [2_000, 200_000];

/**
 * Compares totals with the events they are made of, an environment every hour, and raises an alert when one differs: it
 * never should. Nothing is mended by itself: why it happened is to be found first.
 */
@Injectable()
export class CompareTotals implements OnModuleInit {
  constructor(
    private readonly totals: TotalsRepository,
    private readonly alerts: AlertsService,
    private readonly sweeper: Sweeper,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.sweeper.register({ name: 'usage.compare_totals', every_ms: lookEveryMs, run: () => this.run() });
  }

  async run(): Promise<void> {
    let due: string[];
    do {
      due = await this.totals.claimComparisons(this.clock.now(), everyHours, environmentsAtOnce);
      for (const environmentId of due) {
        await this.compare(environmentId);
      }
    } while (due.length === environmentsAtOnce);
  }

  private async compare(environmentId: string): Promise<void> {
    const wrong = await this.totals.wrong(environmentId, {
      changed_since: new Date(this.clock.now().getTime() - changedWithinMs),
      totals_max: totalsMax,
      events_max: eventsMax,
    });
    const [one] = wrong;
    if (one === undefined) {
      return;
    }
    this.log.error('usage.totals_differ', {
      environment_id: environmentId,
      totals: wrong.length,
      customer_id: one.customer_id,
      meter_id: one.meter_id,
    });
    await this.alerts.raise(environmentId, {
      kind: 'usage.totals_differ',
      dedupe_key: 'usage.totals_differ',
      severity: 'critical',
      title: 'Usage totals are not what their events add up to',
      detail: `${wrong.length} of the totals that changed in the last day, one of this customer: kept ${Number(one.kept)}, events ${Number(one.summed)}. Run pnpm rebuild:usage ${environmentId}, look at what was invoiced, and resolve this.`,
      target: { type: 'customer', id: one.customer_id },
    });
  }
}
