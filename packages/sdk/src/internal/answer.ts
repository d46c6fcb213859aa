import { type APIError, apiError, ConnectionError } from '../core/errors.ts';
import { readRetryAfterMs } from './backoff.ts';

/** The JSON of an answer, or the error that it is. */
export async function readAnswer(response: Response): Promise<unknown> {
  const text = await response.text();
  if (response.status === 204) {
    return undefined;
  }
  if (response.status >= 400) {
    throw refusal(response, text) ?? notBillingOS(`${response.status} without an error of BillingOS in it`);
  }
  // A redirect is not followed: it would carry the key elsewhere, and turn a POST into a GET. Browsers report it as 0.
  if (response.status < 200 || response.status >= 300) {
    throw notBillingOS('a redirect');
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw notBillingOS('something that is not JSON', cause);
  }
}

function notBillingOS(what: string, cause?: unknown): ConnectionError {
  return new ConnectionError(
    `${what} was answered, so it was not BillingOS that answered. Check baseUrl, and what stands before it.`,
    {
      code: 'answer_unreadable',
      cause,
    },
  );
}

/** What a proxy may say in the place of BillingOS, and means the same: too large, too often, and that it is away. */
function isSaidByProxies(status: number): boolean {
  return status === 413 || status === 429 || status >= 500;
}

/** Undefined for a "no" that something else said: while BillingOS is deployed anew, its ingress may know no such route. */
function refusal(response: Response, text: string): APIError | undefined {
  const error = errorOf(text);
  const field = (name: string) => (typeof error[name] === 'string' ? error[name] : undefined);
  const code = field('code') ?? (isSaidByProxies(response.status) ? `http_${response.status}` : undefined);
  if (code === undefined) {
    return undefined;
  }
  return apiError({
    status: response.status,
    code,
    message:
      field('message') ??
      `The answer was ${response.status} without an error of BillingOS in it. Check baseUrl, and what stands before it.`,
    param: field('param'),
    requestId: field('request_id') ?? response.headers.get('x-request-id') ?? undefined,
    docUrl: field('doc_url'),
    retryAfterMs: readRetryAfterMs(response.headers.get('retry-after'), nowThere(response)),
  });
}

/** What the clock of whoever answered says; ours, where it does not. */
function nowThere(response: Response): number {
  const said = Date.parse(response.headers.get('date') ?? '');
  return Number.isNaN(said) ? Date.now() : said;
}

/** `error` of `{ error: { code, message, … } }`; empty when a proxy or something else wrote the body. */
function errorOf(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text);
    return isRecord(body) && isRecord(body['error']) ? body['error'] : {};
  } catch {
    return {};
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
