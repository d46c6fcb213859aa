import { hash } from 'node:crypto';
import type { UsageEvent } from './usage.schemas.ts';

/** An event that is fit to be recorded. */
export interface NewEvent {
  environment_id: string;
  id: string;
  idempotency_key: string;
  /** Hexadecimal. */
  fingerprint: string;
  customer: string;
  meter: string;
  value: number;
  /** Null: when it is recorded. */
  occurred_at: Date | null;
  /** As JSON. */
  properties: string | null;
}

/** A period's total with an event in it. */
export interface RecordedTotal {
  environment_id: string;
  /** What the customer's cached entitlements are filed under. */
  cache_key: string | null;
  meter_id: string | null;
  period_start: Date | null;
  /** The total, and a number that grows with it. Null when nothing was recorded. */
  used: string | null;
  usage_version: number | null;
  /** The transaction of Postgres that recorded it. */
  recorded_in: number | null;
}

/** What became of an event. */
export interface RecordedEvent {
  outcome: 'accepted' | 'duplicate' | 'conflict' | 'no_meter' | 'no_customer';
  event_id: string | null;
  /** It came for a period that was closed, and counts in the open one. */
  late: boolean;
}

const minute = 60 * 1000;
const day = 24 * 60 * minute;
const aheadMax = 5 * minute;
const behindMax = 35 * day;

/** Whether an event may still be counted: at most 35 days old, and at most 5 minutes ahead of our clock. */
export function isCountable(occurredAt: Date, now: Date): boolean {
  const age = now.getTime() - occurredAt.getTime();
  return age <= behindMax && age >= -aheadMax;
}

/**
 * What makes two events with the same key the same event: everything the sender said. The order of properties does not
 * matter, and a time the sender left out stays left out, or a repetition would differ from the first attempt.
 */
export function fingerprintOf(event: UsageEvent): string {
  const properties = Object.entries(event.properties ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const said = [event.customer, event.meter, event.value, event.occurred_at ?? null, properties];
  return hash('sha256', JSON.stringify(said));
}
