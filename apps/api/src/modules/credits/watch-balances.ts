import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { Sweeper } from '../../platform/jobs/sweeper.ts';
import { AlertsService } from '../alerts/alerts.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { CreditsRepository, type PoolToTell } from './credits.repository.ts';

const everyMs = 30_000;
const poolsAtOnce = 200;

/** Raises an alert when use has taken a customer's credits below what was set, and ends it when there is enough again. */
@Injectable()
export class WatchBalances implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly credits: CreditsRepository,
    private readonly customers: CustomersService,
    private readonly alerts: AlertsService,
    private readonly sweeper: Sweeper,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.sweeper.register({ name: 'credits.watch', every_ms: everyMs, run: () => this.watch() });
  }

  private async watch(): Promise<void> {
    const now = this.clock.now();
    for (const pool of await this.credits.toTell(now, poolsAtOnce)) {
      await this.database.tenant(pool.environment_id, async () => {
        // Another sweep may have been here.
        if (await this.credits.tell(pool, now)) {
          await this.raiseOrResolve(pool);
        }
      });
    }
  }

  private async raiseOrResolve(pool: PoolToTell): Promise<void> {
    const { environment_id: environmentId, customer_id: customerId, is_low: isLow } = pool;
    const dedupeKey = `credits.low:${customerId}`;
    if (!isLow) {
      await this.alerts.resolve(environmentId, dedupeKey);
      return;
    }
    const customer = await this.customers.get(environmentId, customerId);
    await this.alerts.raise(environmentId, {
      kind: 'credits.low',
      dedupe_key: dedupeKey,
      title: 'A customer’s credits are running out',
      detail: `${Number(pool.balance)} credits are left of customer ${customer.external_id ?? customerId}, less than the ${Number(pool.low_at)} that were set.`,
      target: { type: 'customer', id: customerId },
    });
  }
}
