import { queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';

export const settingsKeys = {
  all: (api: EnvironmentApi) => [api.environment_id, 'settings'] as const,
};

/** How failed payments are won back. */
export function recoverySettingsQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [...settingsKeys.all(api), 'recovery'],
    queryFn: ({ signal }) => unwrap(api.client.GET('/api/v1/recovery-settings', { signal })),
  });
}

/** How subscriptions are taxed. */
export function subscriptionSettingsQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [...settingsKeys.all(api), 'subscriptions'],
    queryFn: ({ signal }) => unwrap(api.client.GET('/api/v1/subscription-settings', { signal })),
  });
}

/** Which use is taken, and until when. */
export function usageSettingsQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [...settingsKeys.all(api), 'usage'],
    queryFn: ({ signal }) => unwrap(api.client.GET('/api/v1/usage-settings', { signal })),
  });
}

/** What a dispute does to access. */
export function paymentSettingsQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [...settingsKeys.all(api), 'payments'],
    queryFn: ({ signal }) => unwrap(api.client.GET('/api/v1/payment-settings', { signal })),
  });
}

/** What the invoices say that BillingOS writes. */
export function invoiceSettingsQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [...settingsKeys.all(api), 'invoices'],
    queryFn: ({ signal }) => unwrap(api.client.GET('/api/v1/invoice-settings', { signal })),
  });
}

export function emailSettingsQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [...settingsKeys.all(api), 'emails'],
    queryFn: ({ signal }) => unwrap(api.client.GET('/api/v1/email-settings', { signal })),
  });
}
