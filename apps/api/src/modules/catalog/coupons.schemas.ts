import { z } from 'zod';
import { money, pageOf, pageQuery, text, timestamp } from '../../platform/http/schemas.ts';
import { archived, currency } from './price.schemas.ts';

const couponDurations = ['once', 'repeating', 'forever'] as const;

const duration = z
  .enum(couponDurations)
  .describe('once: the first invoice. repeating: the invoices of duration_months. forever: all.');

export const coupon = z
  .object({
    id: z.string(),
    key: z.string().describe('What people type, in capitals or not.'),
    name: z.string(),
    percent_off: z.number().nullable(),
    amount_off: money.nullable(),
    duration,
    duration_months: z.int().nullable(),
    redemptions_max: z.int().nullable().describe('How often it may be redeemed by all customers together.'),
    redeem_by: timestamp.nullable().describe('After it nobody redeems it; who has it keeps it.'),
    archived_at: timestamp.nullable(),
    stripe_coupon_id: z.string().nullable(),
    created_at: timestamp,
  })
  .meta({ id: 'Coupon' });
export const couponPage = pageOf(coupon).meta({ id: 'CouponList' });

export const couponQuery = pageQuery.extend({ archived });

export const createCoupon = z.strictObject({
  key: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/,
      'use 1 to 64 letters, digits, "_", "." and "-", beginning with a letter or digit',
    ),
  name: text.trim().min(1).max(40),
  percent_off: z.number().gt(0).max(100).multipleOf(0.01).optional().describe('Instead of amount_off.'),
  amount_off: z
    .int()
    .min(1)
    .max(99_999_999)
    .optional()
    .describe('Integer minor units of the currency, instead of percent_off.'),
  currency: currency.optional().describe('Of amount_off.'),
  duration: duration.default('once'),
  duration_months: z.int().min(1).max(36).optional().describe('Of a repeating coupon.'),
  redemptions_max: z.int().min(1).max(1_000_000).optional(),
  redeem_by: z.iso
    .datetime({ offset: true })
    .transform((value) => new Date(value))
    .optional(),
});
