import { Injectable } from '@nestjs/common';
import { hash } from 'node:crypto';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { violatedConstraint } from '../../platform/errors.ts';
import { idLike, newId } from '../../platform/ids.ts';
import { AuditService } from '../audit/audit.service.ts';
import { FeaturesService } from '../catalog/features.service.ts';
import { isAbsolute } from '../catalog/meter.ts';
import { plainReference } from '../customers/customer-reference.ts';
import { Ingest } from './ingest.ts';
import { isCountable } from './usage-event.ts';
import {
  CorrectionDoesNotFit,
  CustomerIdUnknown,
  EventTimeOutOfRange,
  MeterUnknown,
  UsageBelowZero,
  UsageKeyConflict,
} from './usage.errors.ts';
import { UsageRepository } from './usage.repository.ts';
import type { Tracked, UsageAdjustment } from './usage.schemas.ts';

/** Takes back, or adds, what was reported wrongly: an event of its own kind, signed and with a reason. */
@Injectable()
export class CorrectUsage {
  constructor(
    private readonly database: Database,
    private readonly usage: UsageRepository,
    private readonly features: FeaturesService,
    private readonly ingest: Ingest,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Throws `MeterUnknown`, `CorrectionDoesNotFit`, `CustomerIdUnknown`, `EventTimeOutOfRange`, `UsageKeyConflict`, `UsageBelowZero`. */
  async correct(environmentId: string, correction: UsageAdjustment): Promise<Tracked> {
    const now = this.clock.now();
    const occurredAt = correction.occurred_at === undefined ? now : new Date(correction.occurred_at);
    if (!isCountable(occurredAt, now)) {
      throw new EventTimeOutOfRange();
    }
    const id = newId('usage_event');
    const recorded = await this.database
      .tenant(environmentId, async () => {
        const meter = await this.features.findMeter(environmentId, correction.meter);
        if (meter !== undefined && isAbsolute(meter)) {
          throw new CorrectionDoesNotFit('keeps_one');
        }
        if (meter?.aggregation === 'count' && !Number.isInteger(correction.value)) {
          throw new CorrectionDoesNotFit('counts');
        }
        const answer = await this.usage.correct(environmentId, {
          ...correction,
          customer: plainReference(correction.customer),
          id,
          forward_id: idLike(id, 'usage_forward'),
          fingerprint: fingerprintOf(correction),
          occurred_at: occurredAt,
          now,
        });
        if (answer.outcome === 'accepted') {
          await this.audit.record(environmentId, {
            action: 'usage.corrected',
            target: { type: 'usage_event', id },
            after: { meter: correction.meter, value: correction.value, reason: correction.reason },
          });
        }
        return answer;
      })
      .catch((error: unknown) => {
        throw violatedConstraint(error) === 'usage_below_zero' ? new UsageBelowZero() : error;
      });
    switch (recorded.outcome) {
      case 'no_meter':
        throw new MeterUnknown(correction.meter);
      case 'no_customer':
        throw new CustomerIdUnknown(correction.customer);
      case 'conflict':
        throw new UsageKeyConflict(correction.idempotency_key);
      case 'accepted':
        await this.ingest.tell([{ ...recorded, environment_id: environmentId }]);
        break;
      case 'duplicate':
        break;
    }
    return {
      id: recorded.event_id ?? id,
      idempotency_key: correction.idempotency_key,
      status: recorded.outcome,
      late: recorded.late,
    };
  }
}

/** What makes two corrections with the same key the same one. A time left out stays left out. */
function fingerprintOf(said: UsageAdjustment): Buffer {
  const all = ['correction', said.customer, said.meter, said.value, said.reason, said.occurred_at ?? null];
  return hash('sha256', JSON.stringify(all), 'buffer');
}
