import type { Admission, GateOptions } from './middleware/gate.ts';
import { type GateMaker, over } from './middleware/node-http.ts';
import { problemContentType } from './middleware/problem.ts';

export type { Admission, GateOptions } from './middleware/gate.ts';
export type { GateMaker } from './middleware/node-http.ts';

/** What is used of a request of Fastify. */
export interface FastifyLikeRequest {
  method: string;
  url: string;
  headers: Record<string, string | string[] | undefined>;
  routeOptions?: { url?: string | undefined } | undefined;
}

/** What is used of a reply of Fastify. */
export interface FastifyLikeReply {
  statusCode: number;
  raw: { once(event: 'finish' | 'close', listener: () => void): unknown };
  code(status: number): unknown;
  headers(values: Record<string, string>): unknown;
  send(body: string): unknown;
}

const admissions = new WeakMap<object, Admission>();

/** Who was let through by the gate, of a request that passed one. */
export function admissionOf(request: object): Admission | undefined {
  return admissions.get(request);
}

/**
 * An `onRequest` hook of Fastify: `app.addHook('onRequest', gate(billing, { feature: 'api_calls' }))` lets through whoever
 * brings a valid key and has something left, logs and meters each request, and answers 401, 403 or 429 otherwise.
 */
export function gate<Request extends FastifyLikeRequest = FastifyLikeRequest>(
  billing: GateMaker,
  options: GateOptions<Request> = {},
) {
  const made = billing.gate(options);
  return async (request: NoInfer<Request>, reply: FastifyLikeReply): Promise<unknown> => {
    const isOver = over(reply.raw);
    const { admission, refusal, headers, answered } = await made.arrived({
      request,
      header: (name) => {
        const value = request.headers[name];
        return Array.isArray(value) ? value[0] : value;
      },
    });
    const endpoint = request.routeOptions?.url ?? request.url.split('?')[0] ?? '/';
    void isOver.then(() => answered({ status: reply.statusCode, endpoint, method: request.method }));
    reply.headers(headers);
    if (refusal !== undefined) {
      reply.code(refusal.status);
      reply.headers({ 'content-type': problemContentType });
      reply.send(JSON.stringify(refusal));
      return reply;
    }
    if (admission !== undefined) {
      admissions.set(request, admission);
    }
    return undefined;
  };
}
