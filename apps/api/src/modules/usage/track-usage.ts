import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { AppError } from '../../platform/errors.ts';
import { invalidRequest } from '../../platform/http/validation.ts';
import { newId } from '../../platform/ids.ts';
import { plainReference } from '../customers/customer-reference.ts';
import { Ingest } from './ingest.ts';
import { RejectedEvents } from './rejected-events.ts';
import { fingerprintOf, isCountable, type NewEvent, type RecordedEvent } from './usage-event.ts';
import { CustomerIdUnknown, EventTimeOutOfRange, MeterUnknown, UsageKeyConflict } from './usage.errors.ts';
import { type Tracked, type TrackedItem, type UsageEvent, usageEvent } from './usage.schemas.ts';

/** Takes usage events. What is answered as accepted is stored, and counts once. */
@Injectable()
export class TrackUsage {
  constructor(
    private readonly ingest: Ingest,
    private readonly rejections: RejectedEvents,
    private readonly clock: Clock,
  ) {}

  /** Throws the refusal: `MeterUnknown`, `CustomerIdUnknown`, `EventTimeOutOfRange`, `UsageKeyConflict`, `IngestOverloaded`. */
  async one(environmentId: string, event: UsageEvent): Promise<Tracked> {
    try {
      const [recorded] = await this.ingest.record([countable(environmentId, event, this.clock.now())]);
      if (recorded === undefined) {
        throw new Error('An event was recorded without an answer.');
      }
      return { idempotency_key: event.idempotency_key, ...settled(event, recorded) };
    } catch (error) {
      if (error instanceof AppError) {
        this.rejections.note(environmentId, event, error);
      }
      throw error;
    }
  }

  /** Notes a single event that was refused before it was looked at. Of a body without a key nobody would know it again. */
  refused(environmentId: string, body: unknown, refusal: AppError): void {
    if (keyOf(body) !== null) {
      this.rejections.note(environmentId, body, refusal);
    }
  }

  /** Each event on its own: a bad one is rejected with its reason, and its neighbours count. */
  async batch(environmentId: string, items: readonly unknown[]): Promise<{ results: TrackedItem[] }> {
    const now = this.clock.now();
    const checked = items.map((item) => check(environmentId, item, now));
    const fit = checked.flatMap((item) => ('event' in item ? [item] : []));
    const recorded = await this.ingest.record(fit.map(({ event }) => event));

    const answers = new Map(fit.map((item, index) => [item, recorded[index]]));
    return {
      results: checked.map((item, index) => {
        if ('refusal' in item) {
          this.rejections.note(environmentId, items[index], item.refusal);
          return rejected(item.key, item.refusal);
        }
        const answer = answers.get(item);
        if (answer === undefined) {
          throw new Error('An event was recorded without an answer.');
        }
        try {
          return { idempotency_key: item.said.idempotency_key, ...settled(item.said, answer), error: null };
        } catch (error) {
          if (error instanceof AppError) {
            this.rejections.note(environmentId, item.said, error);
            return rejected(item.said.idempotency_key, error);
          }
          throw error;
        }
      }),
    };
  }
}

type Checked = { event: NewEvent; said: UsageEvent } | { refusal: AppError; key: string | null };

function check(environmentId: string, item: unknown, now: Date): Checked {
  const parsed = usageEvent.safeParse(item);
  if (!parsed.success) {
    return { refusal: invalidRequest(parsed.error.issues), key: keyOf(item) };
  }
  try {
    return { event: countable(environmentId, parsed.data, now), said: parsed.data };
  } catch (error) {
    if (error instanceof AppError) {
      return { refusal: error, key: parsed.data.idempotency_key };
    }
    throw error;
  }
}

function keyOf(item: unknown): string | null {
  return typeof item === 'object' &&
    item !== null &&
    'idempotency_key' in item &&
    typeof item.idempotency_key === 'string'
    ? item.idempotency_key
    : null;
}

function countable(environmentId: string, event: UsageEvent, now: Date): NewEvent {
  const occurredAt = event.occurred_at === undefined ? null : new Date(event.occurred_at);
  if (occurredAt !== null && !isCountable(occurredAt, now)) {
    throw new EventTimeOutOfRange();
  }
  return {
    environment_id: environmentId,
    id: newId('usage_event'),
    idempotency_key: event.idempotency_key,
    fingerprint: fingerprintOf(event),
    customer: plainReference(event.customer),
    meter: event.meter,
    value: event.value,
    occurred_at: occurredAt,
    properties: event.properties === undefined ? null : JSON.stringify(event.properties),
  };
}

function settled(
  event: UsageEvent,
  recorded: RecordedEvent,
): { id: string; status: 'accepted' | 'duplicate'; late: boolean } {
  switch (recorded.outcome) {
    case 'accepted':
    case 'duplicate':
      return { id: recorded.event_id ?? '', status: recorded.outcome, late: recorded.late };
    case 'conflict':
      throw new UsageKeyConflict(event.idempotency_key);
    case 'no_meter':
      throw new MeterUnknown(event.meter);
    case 'no_customer':
      throw new CustomerIdUnknown(event.customer);
  }
}

function rejected(key: string | null, refusal: AppError): TrackedItem {
  const { code, message, param } = refusal;
  return {
    idempotency_key: key,
    status: 'rejected',
    id: null,
    late: false,
    error: { code, message, ...(param === undefined ? {} : { param }) },
  };
}
