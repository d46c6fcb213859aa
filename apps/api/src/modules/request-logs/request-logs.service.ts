import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { Sweeper } from '../../platform/jobs/sweeper.ts';
import { AuditService } from '../audit/audit.service.ts';
import { ConsumerKeysService } from '../consumer-keys/consumer-keys.service.ts';
import { ProjectsService } from '../consumer-keys/projects.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { MerchantLimits } from '../merchants/merchant-limits.ts';
import { NotInPlan } from '../merchants/merchants.errors.ts';
import { type LogFilter, RequestLogsRepository } from './request-logs.repository.ts';
import type { listRequests } from './request-logs.schemas.ts';

const retentionDaysDefault = 30;
const rollUpEveryMs = 5_000;
const minutesPerRollUp = 60;
const hour = 3_600_000;
const rowsPerPurge = 5_000;
const exportPage = 1_000;
const statusHundred = 100;

type Filters = Omit<z.output<typeof listRequests>, 'limit' | 'cursor'>;

@Injectable()
export class RequestLogsService implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly logs: RequestLogsRepository,
    private readonly customers: CustomersService,
    private readonly projects: ProjectsService,
    private readonly keys: ConsumerKeysService,
    private readonly limits: MerchantLimits,
    private readonly audit: AuditService,
    private readonly sweeper: Sweeper,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.sweeper.register({
      name: 'request_logs.ensure_partitions',
      every_ms: 6 * hour,
      run: () => this.logs.ensurePartitions(this.clock.now()),
    });
    this.sweeper.register({
      name: 'request_logs.roll_up',
      every_ms: rollUpEveryMs,
      run: () => this.rollUp(),
    });
    this.sweeper.register({
      name: 'request_logs.fit_retention',
      every_ms: hour,
      run: () => this.fitRetention(),
    });
    this.sweeper.register({ name: 'request_logs.purge', every_ms: hour, run: () => this.purge() });
  }

  /** Adds up everything that got calls since. */
  async rollUp(): Promise<void> {
    while ((await this.logs.rollUp(minutesPerRollUp)) === minutesPerRollUp) {
      // There may be more.
    }
  }

  /** Takes away what is kept no longer. */
  async purge(): Promise<void> {
    while ((await this.logs.purge(this.clock.now(), rowsPerPurge)) > 0) {
      // There may be more.
    }
  }

  list(environmentId: string, { limit, cursor, ...query }: z.output<typeof listRequests>) {
    return this.database.tenant(environmentId, async () => {
      const filter = await this.rangeOf(environmentId, query);
      const rows = await this.logs.list(environmentId, { ...filter, limit, cursor });
      return rows.map(asLog);
    });
  }

  /** Throws what the query names and does not exist. */
  async check(environmentId: string, query: Filters): Promise<void> {
    await this.database.tenant(environmentId, () => this.filterOf(environmentId, query));
  }

  /** All of them, page by page, the newest first: what is logged meanwhile does not come in between. */
  async *all(environmentId: string, query: Filters) {
    const filter = await this.database.tenant(environmentId, () => this.rangeOf(environmentId, query));
    let cursor: string | undefined;
    do {
      const from = cursor;
      const rows = await this.database.tenant(environmentId, () =>
        this.logs.list(environmentId, { ...filter, limit: exportPage, cursor: from }),
      );
      const page = rows.slice(0, exportPage);
      cursor = rows.length > exportPage ? page.at(-1)?.id : undefined;
      yield page.map(asLog);
    } while (cursor !== undefined);
  }

  /** The ids that the names of a query mean. In the open transaction; throws what is not found. */
  async filterOf(
    environmentId: string,
    { customer, project, key, endpoint, method }: Filters,
  ): Promise<LogFilter> {
    return {
      customer_id:
        customer === undefined
          ? undefined
          : (await this.customers.get(environmentId, customer, 'customer')).id,
      project_id:
        project === undefined
          ? undefined
          : (await this.projects.get(environmentId, project, { param: 'project' })).id,
      key_id: key === undefined ? undefined : (await this.keys.get(environmentId, key)).id,
      endpoint,
      method,
    };
  }

  async settings(environmentId: string) {
    const row = await this.database.tenant(environmentId, () => this.logs.retention(environmentId));
    return { retention_days: row?.retention_days ?? retentionDaysDefault };
  }

  /** Throws `NotInPlan` for longer than the merchant's plan of BillingOS keeps calls. */
  async updateSettings(environmentId: string, change: { retention_days: number }) {
    const { log_retention_days: most } = await this.limits.of(environmentId);
    if (most !== null && change.retention_days > most) {
      throw new NotInPlan(`Keeping calls for more than ${most} days`);
    }
    return this.save(environmentId, change);
  }

  /** Shortens what is kept longer than the merchants' plans of BillingOS keep it. */
  async fitRetention(): Promise<void> {
    for (const environmentId of await this.logs.environments()) {
      const { log_retention_days: most } = await this.limits.of(environmentId);
      if (most !== null && (await this.settings(environmentId)).retention_days > most) {
        await this.save(environmentId, { retention_days: most });
      }
    }
  }

  private save(environmentId: string, change: { retention_days: number }) {
    return this.database.tenant(environmentId, async () => {
      const before = await this.settings(environmentId);
      await this.logs.saveRetention(environmentId, change.retention_days, this.clock.now());
      await this.audit.record(environmentId, {
        action: 'request_log_settings.updated',
        target: { type: 'environment', id: environmentId },
        before,
        after: change,
      });
      return change;
    });
  }

  private async rangeOf(environmentId: string, query: Filters) {
    const { from, to, status } = query;
    return {
      ...(await this.filterOf(environmentId, query)),
      from,
      to,
      status_from: status === undefined ? undefined : Number(status[0]) * statusHundred,
    };
  }
}

type LogRow = Awaited<ReturnType<RequestLogsRepository['list']>>[number];

function asLog({ customer_id, project_id, key_id, occurred_at, ...row }: LogRow) {
  return { ...row, timestamp: occurred_at, customer: customer_id, project: project_id, key: key_id };
}
