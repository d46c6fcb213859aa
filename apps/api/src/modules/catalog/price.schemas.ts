import { z } from 'zod';
import { key, money, text } from '../../platform/http/schemas.ts';

export const priceTypes = ['flat', 'per_seat', 'per_unit', 'package', 'graduated', 'volume'] as const;
export const intervals = ['day', 'week', 'month', 'year'] as const;

const unitAmount = z
  .string()
  .regex(/^\d{1,12}(\.\d{1,12})?$/, 'use a decimal number of at most 12 digits before and after the point')
  .describe('Minor units of the currency, exact: "0.35" is 0.35 cents.');
const units = z.int().min(0).max(999_999_999_999);
const flatAmount = z.int().min(0).max(99_999_999);

const priceTier = z.object({
  up_to: units.nullable().describe('The last unit of the tier; null in the last one.'),
  unit_amount: z.string().describe('Of each unit in the tier, in minor units, exact.'),
  flat_amount: z.int().describe('Charged once when the tier is reached, in minor units.'),
});

export const planPrice = z
  .object({
    id: z.string(),
    type: z
      .enum(priceTypes)
      .describe(
        'flat: an amount a period. per_seat: an amount for each seat. per_unit: for each unit used. package: for each begun package of units. graduated: each unit at the price of its tier. volume: all units at the price of the tier reached.',
      ),
    currency: z.string(),
    interval: z.enum(intervals),
    interval_count: z.int(),
    amount: money.nullable().describe('Of a flat price, or of one seat.'),
    unit_amount: z
      .string()
      .nullable()
      .describe('Of one unit, or of one package, in minor units; an exact decimal.'),
    package_size: z.number().nullable(),
    included_units: z.number().describe('Units that are free in each period.'),
    tiers: z.array(priceTier).nullable(),
    feature: z
      .string()
      .nullable()
      .describe(
        'Key of the metered feature whose use is charged, after the period. null: charged in advance.',
      ),
    stripe_price_id: z.string().nullable(),
  })
  .meta({ id: 'Price' });

/** In a list's query: whether what is not sold any more is in it. */
export const archived = z
  .enum(['exclude', 'include'])
  .default('exclude')
  .describe('Whether what is archived, so not sold any more, is listed too.')
  .transform((value) => value === 'include');

export const currency = z
  .string()
  .toLowerCase()
  .regex(/^[a-z]{3}$/, 'use a three-letter ISO 4217 code such as usd')
  .refine(isCurrency, 'is not a currency in use');

/** How a price charges, without when and in which currency. Which field belongs to which type, `price.ts` says. */
export const chargeFields = {
  amount: z
    .int()
    .min(0)
    .max(99_999_999)
    .optional()
    .describe('Of a flat or per_seat price: integer minor units of the currency.'),
  unit_amount: unitAmount
    .optional()
    .describe('Of a per_unit price for one unit, of a package price for a package: decimal minor units.'),
  package_size: units.min(1).optional(),
  included_units: units.optional().describe('Units that are free in each period. Default: 0.'),
  tiers: z
    .array(
      z.strictObject({
        up_to: units.min(1).nullable().describe('The last unit of the tier; null in the last one.'),
        unit_amount: unitAmount,
        flat_amount: flatAmount.default(0),
      }),
    )
    .min(1)
    .max(50)
    .optional()
    .describe('Of a graduated or volume price, in ascending order.'),
};

export const priceInput = z.strictObject({
  type: z.enum(priceTypes).default('flat'),
  currency,
  interval: z.enum(intervals),
  interval_count: z.int().min(1).max(36).default(1),
  ...chargeFields,
  feature: key
    .optional()
    .describe('Key of the metered feature whose use is charged. Left out, seats are charged.'),
});

export const customerPrice = planPrice
  .extend({
    plan: z.string().describe('Key of the plan or add-on it is a price of.'),
    replaces: z.string().describe('Id of the price that everybody else gets.'),
  })
  .meta({ id: 'CustomerPrice' });
export const customerPriceList = z.object({ data: z.array(customerPrice) }).meta({ id: 'CustomerPriceList' });

export const createCustomerPrice = z.strictObject({
  price: text.min(1).max(100).describe('Id of the price it replaces, of any version of a plan or add-on.'),
  ...chargeFields,
});

/** Tiers as a row holds them. */
export const storedTiers = z.array(
  z.object({ up_to: z.number().nullable(), unit_amount: z.string(), flat_amount: z.number() }),
);

function isCurrency(code: string): boolean {
  return Intl.supportedValuesOf('currency').includes(code.toUpperCase());
}
