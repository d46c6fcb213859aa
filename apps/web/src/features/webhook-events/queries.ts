import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';
import type { WebhookEvent } from '../../api/types.ts';

export type WebhookEventFilters = { state: WebhookEvent['state'] | undefined; cursor: string | undefined };

export const webhookEventStates = [
  'received',
  'processed',
  'failed',
  'ignored',
] as const satisfies readonly WebhookEvent['state'][];

export const webhookEventKeys = {
  all: (api: EnvironmentApi) => [api.environment_id, 'webhook-events'] as const,
};

export function webhookEventsQuery(api: EnvironmentApi, { state, cursor }: WebhookEventFilters) {
  const query = { limit: 25, ...(state ? { state } : {}), ...(cursor ? { cursor } : {}) };
  return queryOptions({
    queryKey: [...webhookEventKeys.all(api), 'list', query],
    queryFn: ({ signal }) => unwrap(api.client.GET('/api/v1/webhook-events', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}
