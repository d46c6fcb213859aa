import { z } from 'zod';
import { defineJob } from '../../platform/jobs/job.ts';

const patient = { queue: 'money' as const, attempts: 12, backoff_seconds: 5, timeout_seconds: 60 };

/**
 * Makes the environment's Stripe account, if it has one, say what a plan says: product, prices, features. `change_id`
 * tells one change from the next, so that each is made once.
 */
export const syncPlan = defineJob({
  name: 'catalog.sync_plan',
  payload: z.strictObject({ plan_id: z.string(), change_id: z.string() }),
  ...patient,
});

/** Puts a price on the environment's Stripe account, if it has one. */
export const syncPrice = defineJob({
  name: 'catalog.sync_price',
  payload: z.strictObject({ price_id: z.string() }),
  ...patient,
});

/** Puts a meter on the environment's Stripe account, if it has one; after a change, with its new name. */
export const syncMeter = defineJob({
  name: 'catalog.sync_meter',
  payload: z.strictObject({ meter_id: z.string(), change_id: z.string().nullable() }),
  ...patient,
});

/** Puts a feature on the environment's Stripe account, if it has one. */
export const syncFeature = defineJob({
  name: 'catalog.sync_feature',
  payload: z.strictObject({ feature_id: z.string() }),
  ...patient,
});

/** Puts a coupon on the environment's Stripe account, if it has one. */
export const syncCoupon = defineJob({
  name: 'catalog.sync_coupon',
  payload: z.strictObject({ coupon_id: z.string() }),
  ...patient,
});
