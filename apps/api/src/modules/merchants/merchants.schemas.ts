import { z } from 'zod';
import { roles } from '../../platform/auth/scopes.ts';
import { name, pageOf, timestamp } from '../../platform/http/schemas.ts';

export const environment = z
  .object({ id: z.string(), slug: z.string(), name: z.string(), mode: z.enum(['live', 'test']) })
  .meta({ id: 'Environment' });

export const merchant = z
  .object({
    id: z.string(),
    slug: z.string(),
    name: z.string(),
    role: z.enum(roles),
    scopes: z.array(z.string()),
    environments: z.array(environment),
  })
  .meta({ id: 'Merchant' });

export const me = z
  .object({
    user: z.object({ id: z.string(), email: z.string() }),
    merchants: z.array(merchant),
  })
  .meta({ id: 'Me' });

export const createMerchant = z.strictObject({ name });

const apiKeyTypes = ['secret', 'publishable'] as const;

const apiKeyFields = {
  id: z.string(),
  name: z.string(),
  type: z.enum(apiKeyTypes),
  prefix: z.string().describe('How the key begins: enough to recognise it.'),
  last4: z.string(),
  allowed_origins: z.array(z.string()).describe('Web pages that may use a publishable key. Empty: any.'),
  created_at: timestamp,
  last_used_at: timestamp.nullable(),
  expires_at: timestamp.nullable().describe('End of the grace of a key that was rotated.'),
  revoked_at: timestamp.nullable(),
  rotated_to: z.string().nullable().describe('The key that replaces it.'),
};
export const apiKey = z.object(apiKeyFields).meta({ id: 'ApiKey' });
export const newApiKey = z
  .object({ ...apiKeyFields, secret: z.string().describe('The key itself. Shown once, and stored nowhere.') })
  .meta({ id: 'NewApiKey' });
export const apiKeyPage = pageOf(apiKey).meta({ id: 'ApiKeyList' });
/** As browsers send it: `https://acme.com`, without a path. */
const origin = z
  .string()
  .max(255)
  .regex(/^https?:\/\/[a-z0-9.-]+(:\d{1,5})?$/, 'use the form https://acme.com');
export const createApiKey = z
  .strictObject({
    name,
    type: z.enum(apiKeyTypes),
    allowed_origins: z
      .array(origin)
      .max(20)
      .default([])
      .describe('Of a publishable key. Empty: any web page.'),
  })
  .refine(({ type, allowed_origins: origins }) => type === 'publishable' || origins.length === 0, {
    path: ['allowed_origins'],
    message: 'only a publishable key is used from web pages',
  });

export const rotateApiKey = z.strictObject({
  grace_seconds: z
    .int()
    .min(0)
    .max(24 * 60 * 60)
    .default(0)
    .describe('How long the old key stays valid. 0: it is revoked at once.'),
});

export const onboardingSteps = [
  'connect_stripe',
  'create_plan',
  'create_api_key',
  'first_customer',
  'first_subscription',
  'first_check',
] as const;
export type OnboardingStep = (typeof onboardingSteps)[number];

export const onboarding = z
  .object({
    steps: z.array(z.object({ step: z.enum(onboardingSteps), done_at: timestamp.nullable() })),
  })
  .meta({ id: 'Onboarding' });
