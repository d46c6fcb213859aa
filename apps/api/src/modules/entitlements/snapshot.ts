import { z } from 'zod';
import { capIntervals } from '../catalog/plan.ts';
import { priceTypes, storedTiers } from '../catalog/price.schemas.ts';

const feature = z.object({
  name: z.string(),
  type: z.enum(['boolean', 'metered', 'config']),
  suspended: z.boolean(),
  /** Of what is suspended: because the subscription is paused. */
  paused: z.boolean().optional(),
  limit: z.number().nullable(),
  overage: z.enum(['block', 'allow']).nullable(),
  value: z.string().nullable(),
  meter_id: z.string().nullable(),
  period_start: z.iso.datetime({ offset: true }).nullable(),
  period_end: z.iso.datetime({ offset: true }).nullable(),
  used: z.number(),
  /**
   * Of a trial, in the first paid period: `sum` counts beside `used`; `most` is what counts at least; `latest` counts until
   * something is reported, so while the total is of this version.
   */
  carried: z
    .object({ as: z.enum(['sum', 'most', 'latest']), quantity: z.number(), usage_version: z.number() })
    .nullish(),
  /** Of reservations that are neither settled nor over. */
  held: z.number().default(0),
  usage_version: z.number(),
  caps: z
    .array(
      z.object({
        interval: z.enum(capIntervals),
        quantity: z.number(),
        starts_at: z.iso.datetime({ offset: true }),
        ends_at: z.iso.datetime({ offset: true }),
        /** What `used` was when the window began: what is used within it is the difference. */
        base: z.number(),
      }),
    )
    .nullish(),
  /** What a unit beyond the limit costs of the credits; absent when they do not pay for it. */
  credit_cost: z.number().optional(),
  /** How many of the units used credits have paid for. */
  credit_units: z.number().optional(),
  /** How many of the units used neither limit nor credits have paid for. */
  uncovered: z.number().optional(),
});

const spendCap = z.object({
  subscription_id: z.string(),
  amount: z.number(),
  currency: z.string(),
  /** The metered prices of the subscription, and what was used of each when the snapshot was read. */
  prices: z.array(
    z.object({
      feature: z.string(),
      period_start: z.iso.datetime({ offset: true }),
      used: z.number(),
      /** Of these, what credits have paid for. */
      credited: z.number().optional(),
      type: z.enum(priceTypes),
      amount: z.number().nullable(),
      unit_amount: z.string().nullable(),
      package_size: z.number().nullable(),
      included_units: z.number(),
      tiers: storedTiers.nullable(),
    }),
  ),
});
export type SpendCap = z.output<typeof spendCap>;

/**
 * Everything a check needs to know about a customer: what `app.entitlement_snapshot` returns, and what is cached. What
 * was added later is optional: during a deployment, a process of before may have written it.
 */
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
  /** Of the default plan, where it holds. */
  default_version: z.string().nullish(),
  /** The transaction as of which it was read: what all below that one did is in it. */
  as_of: z.number().optional(),
  /** When the first override expires, or credits do, become effective or are granted anew. */
  changes_at: z.iso.datetime({ offset: true }).nullish(),
  /** Of the subscriptions that have one. */
  spend_caps: z.array(spendCap).nullish(),
  features: z.record(z.string(), feature),
  /** Of a customer who has a pool of them. */
  credits: z.object({ balance: z.number() }).optional(),
});

export type Snapshot = z.output<typeof snapshotSchema>;
export type SnapshotFeature = z.output<typeof feature>;

/**
 * When the snapshot must be read anew: the first of its billing periods or of the windows of its caps ends, and use
 * counts from zero; or an override or credits change by time.
 */
export function endOfFirstPeriod({ features, changes_at: changesAt }: Snapshot): number {
  let first = changesAt === null || changesAt === undefined ? Infinity : Date.parse(changesAt);
  for (const { period_end: end, caps } of Object.values(features)) {
    first = Math.min(first, end === null ? Infinity : Date.parse(end));
    for (const { ends_at: capEnd } of caps ?? []) {
      first = Math.min(first, Date.parse(capEnd));
    }
  }
  return first;
}

/**
 * Whether, before that end, only a change can make it wrong that Postgres notes. Not what is held: that ends by time; nor
 * what credits or a spend cap leave, or a trial, worked out from a state that use moves on; nor while Stripe may know more.
 */
export function isLasting({ customer_id: id, as_of: asOf, ...snapshot }: Snapshot): boolean {
  return (
    id !== null &&
    asOf !== undefined &&
    snapshot.unsynced_since === null &&
    snapshot.credits === undefined &&
    (snapshot.spend_caps ?? []).length === 0 &&
    Object.values(snapshot.features).every(({ held, carried }) => held === 0 && (carried ?? null) === null)
  );
}

/** What a customer's snapshot is filed under: the name that the merchant's own code asks by. */
export function cacheKeyOf(customer: { id: string; external_id: string | null }): string {
  return customer.external_id ?? customer.id;
}

/** What is granted of a feature, by its key. Of `constructor`, which every object has, nothing unless it is a feature. */
export function grantOf(snapshot: Snapshot, key: string): SnapshotFeature | undefined {
  return Object.hasOwn(snapshot.features, key) ? snapshot.features[key] : undefined;
}
