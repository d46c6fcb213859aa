/** The unit of permission. Roles and API keys are sets of these. */
export const scopes = [
  'catalog:read',
  'catalog:write',
  'customers:read',
  'customers:write',
  'subscriptions:read',
  'subscriptions:write',
  'checkout:write',
  'invoices:read',
  'invoices:write',
  'refunds:write',
  'entitlements:read',
  'usage:read',
  'usage:write',
  'consumer_keys:read',
  'consumer_keys:write',
  'request_logs:read',
  'request_logs:write',
  'api_keys:read',
  'api_keys:write',
  'stripe_account:read',
  'stripe_account:write',
  'environment:read',
  'environment:write',
  'settings:read',
  'settings:write',
  'alerts:read',
  'alerts:write',
  'operations:read',
  'operations:write',
  'audit_log:read',
  'merchant_plan:read',
  'merchant_plan:write',
] as const;

export type Scope = (typeof scopes)[number];

export const roles = ['owner', 'admin', 'developer', 'support', 'viewer'] as const;
export type Role = (typeof roles)[number];

const reading = scopes.filter((scope) => scope.endsWith(':read'));

/** Reading everything but secrets is everybody's; the rest follows what the role is for. */
export const roleScopes: Record<Role, ReadonlySet<Scope>> = {
  owner: new Set(scopes),
  admin: new Set(scopes.filter((scope) => scope !== 'merchant_plan:write')),
  developer: new Set([
    ...reading,
    'catalog:write',
    'api_keys:write',
    'environment:write',
    'operations:write',
    'checkout:write',
    'usage:write',
    'consumer_keys:write',
    'request_logs:write',
    'alerts:write',
  ]),
  support: new Set([
    ...reading,
    'customers:write',
    'subscriptions:write',
    'checkout:write',
    'invoices:write',
    'alerts:write',
  ]),
  viewer: new Set(reading),
};

/** A secret key may do what a server does, but neither make other keys nor move the Stripe connection. */
export const secretKeyScopes: ReadonlySet<Scope> = new Set(
  scopes.filter(
    (scope) =>
      ![
        'api_keys:write',
        'stripe_account:write',
        'environment:write',
        'settings:write',
        'merchant_plan:write',
      ].includes(scope),
  ),
);

/** A publishable key stands in web pages, for everyone to read. */
export const publishableKeyScopes: ReadonlySet<Scope> = new Set(['catalog:read']);
