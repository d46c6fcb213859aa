import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { newId } from '../../platform/ids.ts';
import { requestContext } from '../../platform/request-context.ts';
import { AuditRepository } from './audit.repository.ts';

/** What was done, as `noun.verb_in_the_past`, to what. Before and after hold no secrets. */
export interface AuditEntry {
  action: string;
  target: { type: string; id: string };
  before?: object;
  after?: object;
}

@Injectable()
export class AuditService {
  constructor(
    private readonly entries: AuditRepository,
    private readonly clock: Clock,
  ) {}

  /** Records a change in the transaction that makes it: no change without its entry, no entry without its change. */
  async record(environmentId: string, entry: AuditEntry): Promise<void> {
    const context = requestContext.current();
    await this.entries.insert(environmentId, {
      id: newId('audit_entry'),
      actor_type: context?.actor.type ?? 'system',
      actor_id: context?.actor.id ?? 'system',
      actor_label: context?.actor.label ?? 'system',
      action: entry.action,
      target_type: entry.target.type,
      target_id: entry.target.id,
      before: entry.before === undefined ? null : JSON.stringify(entry.before),
      after: entry.after === undefined ? null : JSON.stringify(entry.after),
      ip: context?.ip ?? null,
      request_id: context?.request_id ?? null,
      created_at: this.clock.now(),
    });
  }
}
