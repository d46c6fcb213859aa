import { Injectable } from '@nestjs/common';
import { hash } from 'node:crypto';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { idLike, newId } from '../../platform/ids.ts';
import { AuditService } from '../audit/audit.service.ts';
import { Ingest } from './ingest.ts';
import {
  CorrectionDoesNotFit,
  EventNotCounted,
  EventNotFound,
  UsageKeyConflict,
  UsagePeriodClosed,
} from './usage.errors.ts';
import { UsageRepository } from './usage.repository.ts';
import type { Tracked, UsageRetraction } from './usage.schemas.ts';

/** Takes an event back out of a total that nothing can be subtracted from: the highest of what is left, and so on. */
@Injectable()
export class RetractUsage {
  constructor(
    private readonly database: Database,
    private readonly usage: UsageRepository,
    private readonly ingest: Ingest,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Throws `EventNotFound`, `CorrectionDoesNotFit`, `EventNotCounted`, `UsagePeriodClosed`, `UsageKeyConflict`. */
  async retract(environmentId: string, retraction: UsageRetraction): Promise<Tracked> {
    const id = newId('usage_event');
    const recorded = await this.database.tenant(environmentId, async () => {
      const answer = await this.usage.retract(environmentId, {
        ...retraction,
        id,
        forward_id: idLike(id, 'usage_forward'),
        fingerprint: hash('sha256', JSON.stringify([retraction.event, retraction.reason]), 'buffer'),
        now: this.clock.now(),
      });
      if (answer.outcome === 'accepted') {
        await this.audit.record(environmentId, {
          action: 'usage.retracted',
          target: { type: 'usage_event', id: retraction.event },
          after: { reason: retraction.reason },
        });
      }
      return answer;
    });
    switch (recorded.outcome) {
      case 'no_event':
        throw new EventNotFound(retraction.event);
      case 'additive':
        throw new CorrectionDoesNotFit('adds_up');
      case 'uncounted':
        throw new EventNotCounted(retraction.event);
      case 'closed':
        throw new UsagePeriodClosed(retraction.event);
      case 'conflict':
        throw new UsageKeyConflict(retraction.idempotency_key);
      case 'accepted':
        await this.ingest.tell([{ ...recorded, environment_id: environmentId }]);
        break;
      case 'duplicate':
        break;
    }
    return {
      id: recorded.event_id ?? id,
      idempotency_key: retraction.idempotency_key,
      status: recorded.outcome,
      late: recorded.late,
    };
  }
}
