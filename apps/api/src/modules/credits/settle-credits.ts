import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { Sweeper } from '../../platform/jobs/sweeper.ts';
import { Log } from '../../platform/log.ts';
import { EntitlementsService } from '../entitlements/entitlements.service.ts';
import { AllowancesRepository } from './allowances.repository.ts';
import { CreditsRepository } from './credits.repository.ts';

const everyMs = 30_000;
const poolsAtOnce = 200;

/** What happens to credits by itself, in all environments: they expire, fall due, and come with a default plan. */
@Injectable()
export class SettleCredits implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly credits: CreditsRepository,
    private readonly allowances: AllowancesRepository,
    private readonly entitlements: EntitlementsService,
    private readonly sweeper: Sweeper,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.sweeper.register({ name: 'credits.settle', every_ms: everyMs, run: () => this.settleDue() });
    this.sweeper.register({
      name: 'credits.default_plan',
      every_ms: everyMs,
      run: () => this.spreadDefault(),
    });
  }

  /** Gives the credits of default plans that are new to customers who are there already. */
  async spreadDefault(): Promise<void> {
    let done: number;
    do {
      done = await this.allowances.spreadDefault(this.clock.now(), poolsAtOnce);
    } while (done >= poolsAtOnce);
  }

  /** Writes off what has expired and grants what is due. */
  private async settleDue(): Promise<void> {
    const due = await this.credits.due(this.clock.now(), poolsAtOnce);
    for (const { environment_id: environmentId, customer_id: customerId } of due) {
      await this.database
        .tenant(environmentId, async () => {
          await this.credits.lockPool(environmentId, customerId, this.clock.now());
          await this.entitlements.changed(environmentId, customerId);
        })
        .catch((error: unknown) =>
          this.log.warn('credits.not_settled', {
            customer_id: customerId,
            error: error instanceof Error ? error : undefined,
          }),
        );
    }
  }
}
