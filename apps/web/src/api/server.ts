import { requireAccessToken } from '../auth/session.ts';
import { env } from '../env.ts';
import { apiClient, type ApiClient } from './client.ts';

const timeout_ms = 8_000;

/** The API as the signed-in user, outside any environment. Sends strangers to the login page. */
export async function userApi(): Promise<ApiClient> {
  const token = await requireAccessToken();
  return apiClient({
    base_url: env().api_internal_url,
    timeout_ms,
    headers: { authorization: `Bearer ${token}` },
  });
}

/** The API as the signed-in user inside one environment. The API decides whether the user belongs there. */
export async function environmentApi(environment_id: string) {
  const token = await requireAccessToken();
  const client = apiClient({
    base_url: env().api_internal_url,
    timeout_ms,
    headers: { authorization: `Bearer ${token}`, 'x-billingos-environment': environment_id },
  });
  return { environment_id, client };
}
