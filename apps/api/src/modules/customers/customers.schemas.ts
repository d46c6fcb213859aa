import { z } from 'zod';
import { pageOf, pageQuery, text, timestamp } from '../../platform/http/schemas.ts';
import { plainReference } from './customer-reference.ts';

/** Whom a request means. What follows `external:` is somebody's own id, too, and never empty. */
export const customerReference = text
  .trim()
  .min(1)
  .max(255)
  .refine((reference) => plainReference(reference) !== '', 'name a customer after external:')
  .describe('Your own id of the customer, or ours.');

export const metadata = z
  .record(text.min(1).max(40), text.max(500))
  .refine((pairs) => Object.keys(pairs).length <= 50, 'at most 50 keys');

/** How other objects show whose they are. */
export const customerSummary = z
  .object({
    id: z.string(),
    external_id: z.string().nullable(),
    name: z.string().nullable(),
    email: z.string().nullable(),
  })
  .meta({ id: 'CustomerSummary' });

export const customer = z
  .object({
    id: z.string(),
    external_id: z.string().nullable().describe('Your own id of the customer.'),
    name: z.string().nullable(),
    email: z.string().nullable(),
    metadata: z.record(z.string(), z.string()),
    stripe_customer_id: z.string().nullable(),
    created_at: timestamp,
    updated_at: timestamp,
    version: z.int().describe('Grows with every change.'),
  })
  .meta({ id: 'Customer' });

export const customerPage = pageOf(customer).meta({ id: 'CustomerList' });

export const listCustomers = pageQuery.extend({
  search: text.trim().min(1).max(200).optional().describe('Part of a name, e-mail address or external id.'),
});

const externalId = text.trim().min(1).max(255).describe('Your own id of the customer. It can be set once.');
const fields = {
  name: text.trim().min(1).max(200).nullable(),
  email: z.email().max(320).nullable(),
  metadata,
};

export const createCustomer = z.strictObject({
  external_id: externalId.optional(),
  name: fields.name.default(null),
  email: fields.email.default(null),
  metadata: fields.metadata.default({}),
});

export const updateCustomer = z
  .strictObject({
    external_id: externalId.optional(),
    name: fields.name.optional(),
    email: fields.email.optional(),
    metadata: fields.metadata.optional().describe('Replaces all of it.'),
  })
  .refine((body) => Object.keys(body).length > 0, 'name at least one field to change');

export const customersSummary = z
  .object({ total: z.int(), new_last_30_days: z.int() })
  .meta({ id: 'CustomersSummary' });
