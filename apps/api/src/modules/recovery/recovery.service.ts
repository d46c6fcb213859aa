import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { AuditService } from '../audit/audit.service.ts';
import { RecoverPayment } from './recover-payment.ts';
import { RecoveryEnded, RecoveryNotFound, RecoveryOwnedByStripe } from './recovery.errors.ts';
import { RecoveryRepository } from './recovery.repository.ts';
import type { listRecoveries, recovery, updateRecoverySettings } from './recovery.schemas.ts';

type Row = NonNullable<Awaited<ReturnType<RecoveryRepository['find']>>>;
type Recovery = z.input<typeof recovery>;

const day = 24 * 60 * 60 * 1_000;

@Injectable()
export class RecoveryService {
  constructor(
    private readonly database: Database,
    private readonly recoveries: RecoveryRepository,
    private readonly recoverPayment: RecoverPayment,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  list(environmentId: string, query: z.output<typeof listRecoveries>): Promise<Recovery[]> {
    return this.database.tenant(environmentId, async () =>
      this.complete(environmentId, await this.recoveries.list(environmentId, query)),
    );
  }

  /** Throws `RecoveryNotFound`. */
  get(environmentId: string, id: string): Promise<Recovery> {
    return this.database.tenant(environmentId, async () => {
      const [found] = await this.complete(environmentId, [await this.find(environmentId, id)]);
      if (found === undefined) {
        throw new RecoveryNotFound(id);
      }
      return found;
    });
  }

  summary(environmentId: string, days: number) {
    return this.database.tenant(environmentId, async () => {
      const since = new Date(this.clock.now().getTime() - days * day);
      const rows = await this.recoveries.summary(environmentId, since);
      return {
        days,
        by_currency: rows.map(({ currency, open, recovered, lost, ...counts }) => {
          const ended = counts.recovered_count + counts.lost_count;
          return {
            currency,
            ...counts,
            open: { amount: open, currency },
            recovered: { amount: recovered, currency },
            lost: { amount: lost, currency },
            rate: ended === 0 ? null : counts.recovered_count / ended,
          };
        }),
      };
    });
  }

  /** Tries the payment now. Throws `RecoveryNotFound`, `RecoveryEnded`, `RecoveryOwnedByStripe`. */
  async retryNow(environmentId: string, id: string): Promise<Recovery> {
    const before = await this.database.tenant(environmentId, async () => {
      const row = await this.findRunning(environmentId, id);
      if (row.owner === 'stripe') {
        throw new RecoveryOwnedByStripe(id);
      }
      await this.audit.record(environmentId, {
        action: 'recovery.retried',
        target: { type: 'recovery', id },
      });
      return row;
    });
    await this.recoverPayment.retryNow(environmentId, before.invoice_id);
    return this.get(environmentId, id);
  }

  /** Nothing is tried or told any more. Throws `RecoveryNotFound`, `RecoveryEnded`. */
  stop(environmentId: string, id: string): Promise<Recovery> {
    return this.database.tenant(environmentId, async () => {
      const row = await this.findRunning(environmentId, id);
      if (!(await this.recoverPayment.stop(environmentId, row))) {
        throw new RecoveryEnded(id, 'changing');
      }
      return this.get(environmentId, id);
    });
  }

  settings(environmentId: string) {
    return this.database.tenant(environmentId, () => this.recoveries.settings(environmentId));
  }

  /** Holds for what fails from now on, and for what is planned in the recoveries that run. */
  updateSettings(environmentId: string, change: z.output<typeof updateRecoverySettings>) {
    return this.database.tenant(environmentId, async () => {
      const before = await this.recoveries.settings(environmentId);
      const settings = {
        owner: change.owner ?? before.owner,
        retry_days: change.retry_days ?? before.retry_days,
        grace_days: change.grace_days === undefined ? before.grace_days : change.grace_days,
        final_action: change.final_action ?? before.final_action,
        survey: change.survey ?? before.survey,
      };
      await this.recoveries.saveSettings(environmentId, settings, this.clock.now());
      await this.audit.record(environmentId, {
        action: 'recovery_settings.changed',
        target: { type: 'environment', id: environmentId },
        before,
        after: settings,
      });
      return settings;
    });
  }

  private async find(environmentId: string, id: string): Promise<Row> {
    const row = await this.recoveries.find(environmentId, id);
    if (row === undefined) {
      throw new RecoveryNotFound(id);
    }
    return row;
  }

  private async findRunning(environmentId: string, id: string): Promise<Row> {
    const row = await this.find(environmentId, id);
    if (row.state !== 'recovering') {
      throw new RecoveryEnded(id, row.state);
    }
    return row;
  }

  private async complete(environmentId: string, rows: Row[]): Promise<Recovery[]> {
    const answers = await this.recoveries.winBacks(
      environmentId,
      rows.map(({ id }) => id),
    );
    return rows.map((row) => ({
      ...row,
      invoice: row.invoice_id,
      customer: {
        id: row.customer_id,
        external_id: row.customer_external_id,
        name: row.customer_name,
        email: row.customer_email,
      },
      subscription: row.subscription_id,
      amount: { amount: row.amount, currency: row.currency },
      recovered: { amount: row.recovered_amount, currency: row.currency },
      needs_new_card: row.is_hard_decline,
      access_ended_at: row.suspended_at,
      win_back: answers.find((answer) => answer.recovery_id === row.id) ?? null,
    }));
  }
}
