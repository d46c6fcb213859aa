import { z } from 'zod';

const feature = z.object({
  name: z.string(),
  type: z.enum(['boolean', 'metered', 'config']),
  suspended: z.boolean(),
  limit: z.number().nullable(),
  overage: z.enum(['block', 'allow']).nullable(),
  value: z.string().nullable(),
  meter_id: z.string().nullable(),
  period_start: z.iso.datetime({ offset: true }).nullable(),
  period_end: z.iso.datetime({ offset: true }).nullable(),
  used: z.number(),
  /** Of reservations that are neither settled nor over. */
  held: z.number().default(0),
  usage_version: z.number(),
});

/** Everything a check needs to know about a customer: what `app.entitlement_snapshot` returns, and what is cached. */
export const snapshotSchema = z.object({
  /** Null: no such customer. */
  customer_id: z.string().nullable(),
  external_id: z.string().nullable(),
  /** Grows with every change of the entitlements. */
  version: z.number(),
  /** Since when Stripe may know more than we do. */
  unsynced_since: z.iso.datetime({ offset: true }).nullable(),
  /** False: neither the customer nor a default plan exists. */
  known: z.boolean(),
  features: z.record(z.string(), feature),
});

export type Snapshot = z.output<typeof snapshotSchema>;
export type SnapshotFeature = z.output<typeof feature>;

/** When the first billing period of the snapshot ends: its usage counts from zero then, so it must be read anew. */
export function endOfFirstPeriod(snapshot: Snapshot): number {
  const ends = Object.values(snapshot.features).map(({ period_end: end }) =>
    end === null ? Infinity : Date.parse(end),
  );
  return Math.min(Infinity, ...ends);
}

/** What a customer's snapshot is filed under: the name that the merchant's own code asks by. */
export function cacheKeyOf(customer: { id: string; external_id: string | null }): string {
  return customer.external_id ?? customer.id;
}
