import { decimal } from '@billingos/pricing/money';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { Sweeper } from '../../platform/jobs/sweeper.ts';
import { Log } from '../../platform/log.ts';
import { AlertsService } from '../alerts/alerts.service.ts';
import { EntitlementsRepository } from './entitlements.repository.ts';
import { SpendCapsRepository } from './spend-caps.repository.ts';
import { spentWith } from './spend.ts';
import type { Snapshot, SpendCap } from './snapshot.ts';

const everyMs = 60_000;
/** Much longer than between two looks: a worker that was away does not leave anybody out. */
const lookBackMs = 60 * 60_000;

/** Alerts a merchant when a subscription has used 80 % of its spend cap, and all of it, each once in a billing period. */
@Injectable()
export class TellSpendCaps implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly caps: SpendCapsRepository,
    private readonly snapshots: EntitlementsRepository,
    private readonly alerts: AlertsService,
    private readonly sweeper: Sweeper,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.sweeper.register({ name: 'entitlements.spend_caps', every_ms: everyMs, run: () => this.run() });
  }

  /** One that fails is looked at again the next time and holds up no other. */
  async run(): Promise<void> {
    const now = this.clock.now();
    const spenders = await this.caps.spendersSince(new Date(now.getTime() - lookBackMs));
    for (const { environment_id: environmentId, customer_id: id } of spenders) {
      try {
        await this.database.tenant(environmentId, () => this.tell(environmentId, id, now));
      } catch (error) {
        this.log.error('entitlements.spend_cap_not_told', {
          customer_id: id,
          error: error instanceof Error ? error : undefined,
        });
      }
    }
  }

  private async tell(environmentId: string, customerId: string, now: Date): Promise<void> {
    const snapshot = await this.snapshots.snapshot(environmentId, customerId, now);
    for (const cap of snapshot.spend_caps ?? []) {
      const percent = reached(cap, snapshot);
      const periodStart = cap.prices[0]?.period_start;
      if (percent === undefined || periodStart === undefined) {
        continue;
      }
      const isNew = await this.caps.noteTold(environmentId, {
        subscription_id: cap.subscription_id,
        period_start: new Date(periodStart),
        percent,
        raised_at: now,
      });
      if (isNew) {
        await this.alerts.raise(environmentId, {
          kind: 'spend_cap',
          dedupe_key: `spend_cap:${cap.subscription_id}:${periodStart}:${percent}`,
          title: percent === 100 ? 'A spend cap is used up' : 'A spend cap is used by more than 80 %',
          detail:
            percent === 100
              ? 'Checks of what it holds for answer spend_cap until the billing period ends or the cap is raised. What is used all the same is recorded and billed.'
              : 'Checks of what it holds for will answer spend_cap once it is used up. Raise it, or tell the customer.',
          target: { type: 'customer', id: customerId },
        });
      }
    }
  }
}

/** What share of a cap was reached: 80.00 of 100.00 is 80, less is nothing to tell. */
function reached(cap: SpendCap, snapshot: Snapshot): 80 | 100 | undefined {
  const spent = spentWith(cap, snapshot, { feature: '', units: 0 });
  const isNear = decimal(spent).times(100).gte(decimal(cap.amount).times(80));
  return spent >= cap.amount ? 100 : isNear ? 80 : undefined;
}
