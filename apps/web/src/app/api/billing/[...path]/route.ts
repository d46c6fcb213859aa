import type { NextRequest } from 'next/server';
import { accessToken } from '#auth/session.ts';
import { env } from '#env.ts';

/*
 * The browser's only way to the API. The access token stays in its HttpOnly cookie and is put on the request here; the
 * API then checks the user's membership and role. Nothing is decided from what the browser says about itself.
 */

const prefix = '/api/billing';
const timeout_ms = 30_000;
const passed_on = ['accept', 'content-type', 'idempotency-key', 'x-billingos-environment'];
const passed_back = ['content-type', 'x-request-id', 'retry-after'];

async function forward(request: NextRequest): Promise<Response> {
  if (request.method !== 'GET' && !isFromHere(request)) {
    return refusal(403, 'cross_site_request', 'This request did not come from the dashboard.');
  }
  const path = request.nextUrl.pathname.slice(prefix.length);
  if (!path.startsWith('/api/v1/')) return refusal(404, 'route_not_found', 'There is no such route.');
  const token = await accessToken();
  if (!token) return refusal(401, 'not_signed_in', 'Your session has ended. Sign in again.');

  const headers = new Headers({ authorization: `Bearer ${token}` });
  for (const name of passed_on) {
    const value = request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  try {
    const answer = await fetch(`${env().api_internal_url}${path}${request.nextUrl.search}`, {
      method: request.method,
      headers,
      ...(request.method === 'GET' ? {} : { body: await request.arrayBuffer() }),
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(timeout_ms)]),
      redirect: 'manual',
      cache: 'no-store',
    });
    const back = new Headers({ 'cache-control': 'no-store' });
    for (const name of passed_back) {
      const value = answer.headers.get(name);
      if (value !== null) back.set(name, value);
    }
    return new Response(answer.body, { status: answer.status, headers: back });
  } catch {
    return refusal(503, 'api_unreachable', 'The API did not answer. Try again in a moment.');
  }
}

/** A write must carry our own Origin: a cookie alone also travels with a form on somebody else's page. */
function isFromHere(request: NextRequest): boolean {
  return request.headers.get('origin') === new URL(env().web_url).origin;
}

function refusal(status: number, code: string, message: string): Response {
  return Response.json({ error: { code, message } }, { status, headers: { 'cache-control': 'no-store' } });
}

export { forward as DELETE, forward as GET, forward as PATCH, forward as POST, forward as PUT };
