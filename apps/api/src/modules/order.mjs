/**
 * The one order of the modules, lowest first. A module imports only from modules that stand before it; to tell
 * something upwards it writes an event row in its transaction. dependency-cruiser reads this file.
 */
export const moduleOrder = [
  'audit',
  'merchants',
  'mail',
  'alerts',
  'customers',
  'catalog',
  'usage',
  'entitlements',
  'credits',
  'subscriptions',
  'invoices',
  'payments',
  'top-ups',
  'recovery',
  'consumer-keys',
  'merchant-billing',
  'request-logs',
  'revenue',
  'insights',
  'support',
  'portal',
  'webhooks',
  'stripe-import',
  'reconciliation',
  'admin',
];
