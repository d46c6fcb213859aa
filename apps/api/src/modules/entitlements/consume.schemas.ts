import { z } from 'zod';
import { key, text, timestamp } from '../../platform/http/schemas.ts';
import { customerReference } from '../customers/customers.schemas.ts';
import { eventProperties, quantity } from '../usage/usage.schemas.ts';
import { checkAnswer, reason } from './entitlements.schemas.ts';

const units = quantity.refine((value) => value > 0, 'must be more than 0');
const ttlMax = 24 * 60 * 60;

export const consumeBody = z
  .strictObject({
    idempotency_key: text
      .min(1)
      .max(255)
      .describe(
        'Made by you before the first attempt, and kept when repeating: taken once per key. The Idempotency-Key header stands for it, too.',
      ),
    customer: customerReference,
    feature: key.describe('Key of a metered feature.'),
    quantity: units.default(1).describe('How much to take.'),
    properties: eventProperties.optional(),
  })
  .meta({ id: 'Consume' });
export type ConsumeBody = z.output<typeof consumeBody>;

export const consumption = checkAnswer
  .extend({
    reason,
    event_id: z
      .string()
      .nullable()
      .describe('The usage event that was recorded; null when nothing was taken.'),
  })
  .meta({ id: 'Consumption' });
export type Consumption = z.input<typeof consumption>;

export const reserveBody = z
  .strictObject({
    customer: customerReference,
    feature: key.describe('Key of a metered feature.'),
    quantity: units.default(1).describe('How much to hold.'),
    ttl_seconds: z
      .int()
      .min(1)
      .max(ttlMax)
      .default(300)
      .describe('After it, what is held is free again. At most a day.'),
  })
  .meta({ id: 'Reserve' });
export type ReserveBody = z.output<typeof reserveBody>;

export const reservation = checkAnswer
  .extend({
    reason,
    reservation_id: z.string().nullable().describe('Null when nothing is held: reason says why.'),
    expires_at: timestamp.nullable(),
  })
  .meta({ id: 'Reservation' });
export type Reservation = z.input<typeof reservation>;

export const confirmBody = z
  .strictObject({ quantity: quantity.describe('How much was used; what is held beyond it is free again.') })
  .meta({ id: 'ConfirmReservation' });

export const settledReservation = z
  .object({
    id: z.string(),
    state: z.enum(['confirmed', 'released']),
    quantity: z.number().describe('Used of what was held.'),
    event_id: z.string().nullable(),
  })
  .meta({ id: 'SettledReservation' });
export type SettledReservation = z.input<typeof settledReservation>;
