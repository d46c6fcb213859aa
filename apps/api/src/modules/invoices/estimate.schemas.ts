import { z } from 'zod';
import { money, timestamp } from '../../platform/http/schemas.ts';

export const billEstimate = z
  .object({
    subscription: z.string(),
    period_start: timestamp,
    period_end: timestamp,
    as_of: timestamp,
    lines: z.array(
      z.object({
        kind: z.enum(['recurring', 'usage', 'late_usage']),
        description: z.string(),
        price_id: z.string(),
        quantity: z.string().describe('Seats, or what was used so far; an exact decimal.'),
        amount: money,
      }),
    ),
    subtotal: money,
    discount_total: money.describe('Of discounts that last; one for a single invoice is not in it.'),
    total: money.describe('Before tax. 0 in a trial, of which nothing is charged.'),
  })
  .meta({ id: 'BillEstimate' });
