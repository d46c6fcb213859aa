import type { Admission, Gate, GateOptions } from './middleware/gate.ts';
import { problemContentType } from './middleware/problem.ts';

export type { Admission, GateOptions } from './middleware/gate.ts';

/** What is used of the client. */
export interface ServerlessGateMaker {
  gate<Request>(options: GateOptions<Request>): Gate<Request>;
  /** Sends what was reported while the process may still run. */
  settle(): Promise<void>;
}

const admissions = new WeakMap<object, Admission>();

/** Who was let through by the gate, of a request that passed one. */
export function admissionOf(request: object): Admission | undefined {
  return admissions.get(request);
}

/**
 * A route handler of Next, or any function from Request to Response:
 * `export const GET = gate(billing, { feature: 'api_calls' }, (request) => Response.json(report))`. Whoever brings a valid
 * key and has something left gets through; the request is logged and metered; others are answered 401, 403 or 429.
 */
export function gate<Req extends Request, Context extends unknown[]>(
  billing: ServerlessGateMaker,
  options: GateOptions<Req>,
  handler: (request: Req, ...context: Context) => Response | Promise<Response>,
) {
  const made = billing.gate(options);
  return async (request: Req, ...context: Context): Promise<Response> => {
    const { admission, refusal, headers, answered } = await made.arrived({
      request,
      header: (name) => request.headers.get(name) ?? undefined,
    });
    if (admission !== undefined) {
      admissions.set(request, admission);
    }
    const { method } = request;
    const endpoint = new URL(request.url).pathname;
    try {
      const response =
        refusal === undefined
          ? await handler(request, ...context)
          : Response.json(refusal, {
              status: refusal.status,
              headers: { 'Content-Type': problemContentType },
            });
      answered({ status: response.status, endpoint, method });
      return withHeaders(response, headers);
    } catch (error) {
      answered({ status: statusOfThrown(error), endpoint, method });
      throw error;
    } finally {
      await billing.settle();
    }
  };
}

/** `redirect()` and `notFound()` of Next throw what is answered; anything else that is thrown becomes a 500. */
function statusOfThrown(error: unknown): number {
  const digest = typeof error === 'object' && error !== null && 'digest' in error ? String(error.digest) : '';
  const [, status = '500'] = /^NEXT_(?:REDIRECT;.*;|HTTP_ERROR_FALLBACK;)(\d{3});?$/.exec(digest) ?? [];
  return Number(status);
}

/** The same response; a new one where its headers may not be changed, as of a redirect. */
function withHeaders(response: Response, headers: Record<string, string>): Response {
  const all = new Headers(response.headers);
  for (const [name, value] of Object.entries(headers)) {
    all.set(name, value);
  }
  return new Response(response.body, {
    status: response.status,
    statusText: response.statusText,
    headers: all,
  });
}
