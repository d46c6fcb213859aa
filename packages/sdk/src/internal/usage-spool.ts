import type { UsageEvent } from '../resources/usage.ts';

/** Keeps usage beyond the life of the process until it is stored. `fileSpool` of `@billingos/sdk/spool` is one. */
export interface UsageSpool {
  /** What an earlier process left behind. Asked once. */
  recover(): UsageEvent[];
  /** Keeps an event before it is sent. False: there is no room, and it is in memory only. */
  add(event: UsageEvent): boolean;
  /** It is stored, or refused. */
  remove(idempotencyKey: string): void;
  close(): void;
}
