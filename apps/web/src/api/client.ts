import createClient, { type Client } from 'openapi-fetch';
import { ApiError, apiError } from './errors.ts';
import type { paths } from '@billingos/sdk/openapi';

export type ApiClient = Client<paths>;

/** The API as one environment sees it. Query keys begin with `environment_id`, so two environments never share data. */
export type EnvironmentApi = { environment_id: string; client: ApiClient };

type ClientOptions = { base_url: string; timeout_ms: number; headers?: Record<string, string> };

/** A typed client that gives up after `timeout_ms` and turns "nobody answered" into an ApiError. */
export function apiClient({ base_url, timeout_ms, headers = {} }: ClientOptions): ApiClient {
  const client = createClient<paths>({
    baseUrl: base_url,
    headers,
    cache: 'no-store',
    fetch: async (request) => {
      const signal = AbortSignal.any([request.signal, AbortSignal.timeout(timeout_ms)]);
      try {
        return await fetch(request, { signal });
      } catch (cause) {
        if (request.signal.aborted) throw cause;
        throw new ApiError({ status: 0, code: 'unreachable', message: 'The API did not answer in time.' });
      }
    },
  });
  client.use({
    onRequest: ({ request }) => {
      if (request.method === 'POST') request.headers.set('idempotency-key', randomKey());
    },
  });
  return client;
}

/** The data of an answer; a refusal is thrown as an ApiError. */
export async function unwrap<T>(
  answer: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T & ({} | null)> {
  const { data, error, response } = await answer;
  if (!response.ok || data === undefined) {
    throw apiError(response.status, error, response.headers.get('x-request-id'));
  }
  return data;
}

// crypto.randomUUID exists only on https and localhost; a self-hosted instance may be on neither.
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
