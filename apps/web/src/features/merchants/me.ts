import { notFound, redirect } from 'next/navigation';
import { cache } from 'react';
import { unwrap } from '../../api/client.ts';
import { ApiError } from '../../api/errors.ts';
import { environmentApi, userApi } from '../../api/server.ts';
import type { Me } from '../../api/types.ts';

/** Who is signed in and where they are a member; asked once a request. An ended session leads to the login page. */
export const me = cache(async (): Promise<Me> => {
  const client = await userApi();
  try {
    return await unwrap(client.GET('/api/v1/me'));
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) redirect('/login');
    throw error;
  }
});

export type EnvironmentParams = Promise<{ merchant: string; environment: string }>;

/**
 * The environment that an address names, for a member of its merchant. For anybody else it does not exist. Every page
 * calls this, because a layout is not run again when one moves between its pages.
 */
export async function openEnvironment(params: EnvironmentParams) {
  const slugs = await params;
  const known = await me();
  const merchant = known.merchants.find(({ slug }) => slug === slugs.merchant) ?? notFound();
  const environment = merchant.environments.find(({ slug }) => slug === slugs.environment) ?? notFound();
  return { me: known, merchant, environment, api: await environmentApi(environment.id) };
}
