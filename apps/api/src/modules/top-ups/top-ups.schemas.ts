import { z } from 'zod';
import { key, money, name, pageOf, pageQuery, text, timestamp } from '../../platform/http/schemas.ts';
import { archived, currency } from '../catalog/price.schemas.ts';
import { quantity } from '../usage/usage.schemas.ts';

const credits = quantity.refine((value) => value > 0, 'must be more than 0');
const minorUnits = z.int().min(1).max(99_999_999);

export const creditPack = z
  .object({
    id: z.string(),
    key: z.string(),
    name: z.string(),
    credits: z.number(),
    price: money,
    expires_after_days: z.int().nullable().describe('Null: what is bought never expires.'),
    archived_at: timestamp.nullable(),
    created_at: timestamp,
  })
  .meta({ id: 'CreditPack' });
export type CreditPack = z.input<typeof creditPack>;
export const creditPackPage = pageOf(creditPack).meta({ id: 'CreditPackList' });
export const listCreditPacks = pageQuery.extend({ archived });

export const createCreditPack = z.strictObject({
  key,
  name,
  credits,
  amount: minorUnits.describe('Integer minor units of the currency.'),
  currency,
  expires_after_days: z.int().min(1).max(3_650).optional().describe('Left out: never.'),
});

export const creditTopUp = z
  .object({
    id: z.string(),
    customer: z.string(),
    pack: z.string(),
    packs: z.int().describe('How many of them.'),
    credits: z.number(),
    amount: money,
    amount_back: money.describe(
      'What of it was refunded, or is disputed: its share of the credits is taken.',
    ),
    is_automatic: z.boolean(),
    state: z
      .enum(['pending', 'open', 'paid', 'failed'])
      .describe('open: invoiced and not paid; paid: the credits are there.'),
    failure: z.string().nullable().describe('What the bank said.'),
    pay_url: z
      .string()
      .nullable()
      .describe('Of an open one: Stripe’s page where the customer confirms or pays otherwise.'),
    created_at: timestamp,
    settled_at: timestamp.nullable(),
  })
  .meta({ id: 'CreditTopUp' });
export type CreditTopUp = z.input<typeof creditTopUp>;
export const creditTopUpPage = pageOf(creditTopUp).meta({ id: 'CreditTopUpList' });
export const listCreditTopUps = pageQuery;

export const buyCredits = z
  .strictObject({
    idempotency_key: text
      .min(1)
      .max(255)
      .describe('Made by you before the first attempt, and kept when repeating: bought once per key.'),
    pack: text.min(1).max(255).describe('Key or id of a pack.'),
    packs: z.int().min(1).max(1_000).default(1),
    payment_method: text
      .min(1)
      .max(255)
      .optional()
      .describe('Of Stripe. Left out, the one that the customer pays with otherwise.'),
  })
  .meta({ id: 'BuyCredits' });
export type BuyCredits = z.output<typeof buyCredits>;

export const autoTopUp = z
  .object({
    customer: z.string(),
    settings: z
      .object({
        pack: z.string(),
        below: z.number(),
        amount_max_per_month: z.int(),
        times_max_per_hour: z.int(),
        enabled: z.boolean(),
        stopped_reason: z.string().nullable().describe('Why it turned itself off.'),
      })
      .nullable()
      .describe('Null: never set.'),
  })
  .meta({ id: 'AutoTopUp' });
export type AutoTopUp = z.input<typeof autoTopUp>;

export const setAutoTopUp = z.strictObject({
  pack: text.min(1).max(255).describe('Key or id of the pack that is bought, as often as closes the gap.'),
  below: credits.describe('Buys when the balance is below it.'),
  amount_max_per_month: minorUnits.describe(
    'Ceiling of what is bought so in 30 days, in minor units of the pack’s currency.',
  ),
  times_max_per_hour: z.int().min(1).max(60).default(3),
  enabled: z.boolean().default(true),
});
