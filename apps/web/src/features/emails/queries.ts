import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';
import type { Email } from '../../api/types.ts';

export type EmailFilters = { state: Email['state'] | undefined; cursor: string | undefined };

/** One page of the mails to customers, newest first. */
export function emailsQuery(api: EnvironmentApi, filters: EmailFilters) {
  return queryOptions({
    queryKey: [api.environment_id, 'emails', 'list', filters],
    queryFn: ({ signal }) => loadEmails(api, { ...filters, limit: 25, signal }),
    placeholderData: keepPreviousData,
  });
}

type Load = EmailFilters & { limit: number; signal?: AbortSignal };

export function loadEmails(api: EnvironmentApi, { state, cursor, limit, signal }: Load) {
  const query = { limit, ...(state ? { state } : {}), ...(cursor ? { cursor } : {}) };
  return unwrap(api.client.GET('/api/v1/emails', { params: { query }, ...(signal ? { signal } : {}) }));
}

/** One mail with its text. */
export function emailQuery(api: EnvironmentApi, id: string) {
  return queryOptions({
    queryKey: [api.environment_id, 'emails', 'one', id],
    queryFn: ({ signal }) =>
      unwrap(api.client.GET('/api/v1/emails/{id}', { params: { path: { id } }, signal })),
  });
}
