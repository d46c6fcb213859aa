import { z } from 'zod';
import { money, timestamp } from '../../platform/http/schemas.ts';
import { spendCap } from '../catalog/catalog.schemas.ts';

export const setSpendCap = z
  .strictObject({
    amount: spendCap.shape.amount
      .nullable()
      .describe('Integer minor units, for each billing period. null: no end, whatever the plan says.'),
    currency: spendCap.shape.currency,
  })
  .meta({ id: 'SetSpendCap' });

export const customerSpendCap = z
  .object({
    customer: z.string(),
    own: z
      .object({
        amount: z.int().nullable().describe('null: no end, whatever the plan says.'),
        currency: z.string(),
        updated_at: timestamp,
      })
      .nullable()
      .describe('What holds for this customer in place of the plan’s cap. null: the plan’s holds.'),
    subscriptions: z
      .array(
        z.object({
          subscription: z.string(),
          cap: money,
          spent: money.describe('What metered use comes to in the billing period so far.'),
        }),
      )
      .describe('Those that a cap holds for.'),
  })
  .meta({ id: 'CustomerSpendCap' });
