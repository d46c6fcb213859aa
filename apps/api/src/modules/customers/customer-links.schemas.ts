import { z } from 'zod';
import { text } from '../../platform/http/schemas.ts';

/** Of any length that a path can have: too short or too long is as wrong as any other. */
export const tokenParam = z.strictObject({ token: text.min(1).max(200) });

export const cardForm = z
  .object({
    client_secret: z.string(),
    publishable_key: z.string(),
    stripe_account: z.string(),
  })
  .meta({ id: 'CardForm' });
