import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { newId } from '../../platform/ids.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { AuditService } from '../audit/audit.service.ts';
import { AlertNotFound } from './alerts.errors.ts';
import { postAlert } from './alerts.jobs.ts';
import { AlertsRepository } from './alerts.repository.ts';
import type { alert, listAlerts, Severity } from './alerts.schemas.ts';

export type Alert = z.input<typeof alert>;

/** What somebody should know. No e-mail addresses: alerts are also posted to chat rooms. */
export interface NewAlert {
  /** `payment_failed`, `reconciliation.drift`: lower case, at most one dot. */
  kind: string;
  /** The cause: while its alert is open, raising it again changes that one. */
  dedupe_key: string;
  severity?: Severity;
  title: string;
  detail: string;
  target: { type: string; id: string };
}

const titleMax = 200;
const detailMax = 2_000;

@Injectable()
export class AlertsService {
  constructor(
    private readonly database: Database,
    private readonly alerts: AlertsRepository,
    private readonly outbox: Outbox,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Raises an alert, in the open transaction or one of its own. A cause that is told already is not told twice. */
  raise(environmentId: string, wish: NewAlert): Promise<void> {
    return this.database.tenant(environmentId, async () => {
      const { id, is_new: isNew } = await this.alerts.upsert(environmentId, {
        id: newId('alert'),
        kind: wish.kind,
        severity: wish.severity ?? 'warning',
        title: wish.title.slice(0, titleMax),
        detail: wish.detail.slice(0, detailMax),
        target_type: wish.target.type,
        target_id: wish.target.id,
        dedupe_key: wish.dedupe_key,
        created_at: this.clock.now(),
      });
      for (const channel of isNew ? await this.alerts.channels(environmentId) : []) {
        await this.outbox.add(environmentId, postAlert, { alert_id: id, channel });
      }
    });
  }

  /** The cause is gone: ends its open alert, if there is one, in the open transaction or one of its own. */
  resolve(environmentId: string, dedupeKey: string): Promise<void> {
    return this.database.tenant(environmentId, () =>
      this.alerts.resolveByCause(environmentId, dedupeKey, this.clock.now()),
    );
  }

  async list(environmentId: string, query: z.output<typeof listAlerts>): Promise<Alert[]> {
    const rows = await this.database.tenant(environmentId, () => this.alerts.list(environmentId, query));
    return rows.map(withTarget);
  }

  summary(environmentId: string) {
    return this.database.tenant(environmentId, () => this.alerts.summary(environmentId));
  }

  /** Undefined when there is no such alert. */
  async find(environmentId: string, id: string): Promise<Alert | undefined> {
    const row = await this.database.tenant(environmentId, () => this.alerts.find(environmentId, id));
    return row === undefined ? undefined : withTarget(row);
  }

  markRead(environmentId: string, id: string): Promise<Alert> {
    return this.stamp(environmentId, id, 'read_at', 'alert.read');
  }

  /** Somebody says that it is dealt with. Should the cause last, it is raised anew. */
  markResolved(environmentId: string, id: string): Promise<Alert> {
    return this.stamp(environmentId, id, 'resolved_at', 'alert.resolved');
  }

  private stamp(
    environmentId: string,
    id: string,
    column: 'read_at' | 'resolved_at',
    action: string,
  ): Promise<Alert> {
    return this.database.tenant(environmentId, async () => {
      const row = await this.alerts.stamp(environmentId, id, column, this.clock.now());
      if (row === undefined) {
        throw new AlertNotFound(id);
      }
      await this.audit.record(environmentId, { action, target: { type: 'alert', id } });
      return withTarget(row);
    });
  }
}

function withTarget<T extends { target_type: string; target_id: string }>(row: T) {
  return { ...row, target: { type: row.target_type, id: row.target_id } };
}
