import { z } from 'zod';
import { money, text, timestamp, webUrl } from '../../platform/http/schemas.ts';

export const createTopUpLink = z.strictObject({
  expires_in_hours: z.int().min(1).max(720).default(24).describe('How long the link can be used.'),
  return_url: webUrl.max(2_000).optional().describe('Where the page leads back to.'),
});

export const topUpLink = z
  .object({
    id: z.string(),
    url: z.string().describe('For the customer, and shown this once: whoever has it can buy in their name.'),
    expires_at: timestamp,
  })
  .meta({ id: 'TopUpLink' });

// What somebody with a link may see and do ---------------------------------------------------------------------------

export const topUpPurchase = z
  .object({
    id: z.string(),
    credits: z.number(),
    amount: money,
    state: z
      .enum(['under_way', 'confirm', 'paid', 'failed'])
      .describe('under_way: nobody knows yet, ask again; confirm: the bank wants to see the customer.'),
    message: z.string().nullable().describe('For the customer.'),
    confirm_url: z.string().nullable().describe('Where the bank’s confirmation is asked for.'),
    created_at: timestamp,
  })
  .meta({ id: 'TopUpPurchase' });
export type TopUpPurchase = z.input<typeof topUpPurchase>;

export const topUpPage = z
  .object({
    merchant: z.string(),
    is_test: z.boolean(),
    is_open: z.boolean().describe('False: nothing can be bought at the moment.'),
    balance: z.number().describe('Credits that can be used now.'),
    packs: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        credits: z.number(),
        price: money,
        expires_after_days: z.int().nullable().describe('Null: what is bought never expires.'),
      }),
    ),
    saved_card: z
      .object({ brand: z.string(), last4: z.string().nullable() })
      .nullable()
      .describe('What is charged when no new card is entered. Null: none, or Stripe does not say.'),
    purchases: z.array(topUpPurchase).describe('The newest ones.'),
    return_url: z.string().nullable(),
  })
  .meta({ id: 'TopUpPage' });
export type TopUpPage = z.input<typeof topUpPage>;

export const buyOnPage = z
  .strictObject({
    idempotency_key: text
      .min(1)
      .max(100)
      .describe('Made by the page before the first attempt: bought once per key.'),
    pack: text.min(1).max(255).describe('Id of a pack.'),
    packs: z.int().min(1).max(100).default(1),
    setup_intent: text
      .min(1)
      .max(255)
      .optional()
      .describe('Of a card that was confirmed with the page’s form. Left out: the saved card is charged.'),
  })
  .meta({ id: 'BuyOnPage' });
export type BuyOnPage = z.output<typeof buyOnPage>;

export const purchaseParams = z.strictObject({ token: text.min(1).max(200), id: text.min(1).max(255) });
