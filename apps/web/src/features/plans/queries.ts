import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';
import { ApiError } from '../../api/errors.ts';
import type { NewMigration } from '../../api/types.ts';

export const planKeys = { all: (api: EnvironmentApi) => [api.environment_id, 'plans'] as const };

/** The plan that customers without a subscription have. */
export function defaultPlanQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [...planKeys.all(api), 'default'],
    queryFn: ({ signal }) => unwrap(api.client.GET('/api/v1/default-plan', { signal })),
  });
}

/** One plan or add-on, by id or key. */
export function planQuery(api: EnvironmentApi, id: string) {
  return queryOptions({
    queryKey: [...planKeys.all(api), 'one', id],
    queryFn: ({ signal }) =>
      unwrap(api.client.GET('/api/v1/plans/{id}', { params: { path: { id } }, signal })),
  });
}

/** The draft of a plan's next version; null when there is none. */
export function planDraftQuery(api: EnvironmentApi, id: string) {
  return queryOptions({
    queryKey: [...planKeys.all(api), 'draft', id],
    queryFn: async ({ signal }) => {
      try {
        return await unwrap(api.client.GET('/api/v1/plans/{id}/draft', { params: { path: { id } }, signal }));
      } catch (error) {
        if (error instanceof ApiError && error.code === 'draft_not_found') return null;
        throw error;
      }
    },
  });
}

/** Every published version of a plan, newest first. */
export function planVersionsQuery(api: EnvironmentApi, id: string, cursor: string | undefined) {
  return queryOptions({
    queryKey: [...planKeys.all(api), 'versions', id, cursor],
    queryFn: ({ signal }) => loadPlanVersions(api, id, { cursor, limit: 10, signal }),
    placeholderData: keepPreviousData,
  });
}

type Load = { cursor: string | undefined; limit: number; signal?: AbortSignal };

export function loadPlanVersions(api: EnvironmentApi, id: string, { cursor, limit, signal }: Load) {
  const query = { limit, ...(cursor ? { cursor } : {}) };
  return unwrap(
    api.client.GET('/api/v1/plans/{id}/versions', {
      params: { path: { id }, query },
      ...(signal ? { signal } : {}),
    }),
  );
}

/** Who is on which version, and what they bring in. */
export function affectedQuery(api: EnvironmentApi, id: string) {
  return queryOptions({
    queryKey: [...planKeys.all(api), 'affected', id],
    queryFn: ({ signal }) =>
      unwrap(api.client.GET('/api/v1/plans/{id}/affected', { params: { path: { id } }, signal })),
  });
}

/** What moving the subscribers of older versions would come to. */
export function migrationPreviewQuery(api: EnvironmentApi, id: string, body: NewMigration) {
  return queryOptions({
    queryKey: [...planKeys.all(api), 'preview-migration', id, body],
    queryFn: ({ signal }) =>
      unwrap(
        api.client.POST('/api/v1/plans/{id}/preview-migration', { params: { path: { id } }, body, signal }),
      ),
    gcTime: 0,
  });
}

/** The newest migrations of a plan's subscribers; asked again while one runs. */
export function planMigrationsQuery(api: EnvironmentApi, id: string) {
  return queryOptions({
    queryKey: [...planKeys.all(api), 'migrations', id],
    queryFn: ({ signal }) =>
      unwrap(
        api.client.GET('/api/v1/plans/{id}/migrations', {
          params: { path: { id }, query: { limit: 10 } },
          signal,
        }),
      ),
    refetchInterval: ({ state }) =>
      state.data?.data.some(({ finished_at }) => finished_at === null) ? 3_000 : false,
  });
}

/** The add-ons of the environment, on one page like the plans. */
export function addOnListQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [...planKeys.all(api), 'add-ons'],
    queryFn: ({ signal }) =>
      unwrap(api.client.GET('/api/v1/add-ons', { params: { query: { limit: 100 } }, signal })),
  });
}

/** The plans of the environment. A catalog is short, so one page of a hundred is all of it. */
export function plansQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [...planKeys.all(api), 'list'],
    queryFn: ({ signal }) =>
      unwrap(api.client.GET('/api/v1/plans', { params: { query: { limit: 100 } }, signal })),
  });
}

/** Plans and add-ons that are not sold any more. */
export function archivedPlansQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [...planKeys.all(api), 'archived'],
    queryFn: async ({ signal }) => {
      const params = { query: { limit: 100, archived: 'include' as const } };
      const [plans, addOns] = await Promise.all([
        unwrap(api.client.GET('/api/v1/plans', { params, signal })),
        unwrap(api.client.GET('/api/v1/add-ons', { params, signal })),
      ]);
      return [...plans.data, ...addOns.data].filter(({ archived_at }) => archived_at !== null);
    },
  });
}
