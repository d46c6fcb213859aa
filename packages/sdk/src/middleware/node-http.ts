import type { Admission, GateOptions, Gate } from './gate.ts';
import { problemContentType } from './problem.ts';

/** Who makes gates: the client. */
export interface GateMaker {
  gate<Request>(options: GateOptions<Request>): Gate<Request>;
}

/** What is used of a request of Node, of Express and of Nest. */
export interface NodeRequest {
  method?: string | undefined;
  url?: string | undefined;
  originalUrl?: string | undefined;
  baseUrl?: string | undefined;
  route?: { path?: unknown } | undefined;
  headers: Record<string, string | string[] | undefined>;
}

/** What is used of an answer of Node. */
export interface NodeResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
  once(event: 'finish' | 'close', listener: () => void): unknown;
}

const admissions = new WeakMap<object, Admission>();

/** Who was let through by the gate, of a request that passed one. */
export function admissionOf(request: object): Admission | undefined {
  // Fastify, also under Nest, wraps the request that the middleware saw.
  const raw =
    'raw' in request && typeof request.raw === 'object' && request.raw !== null ? request.raw : request;
  return admissions.get(request) ?? admissions.get(raw);
}

/** A middleware `(request, response, next)`, which Express, Connect and Nest take. */
export function nodeGate<Request extends NodeRequest = NodeRequest>(
  billing: GateMaker,
  options: GateOptions<Request> = {},
) {
  const gate = billing.gate(options);
  return async (
    request: NoInfer<Request>,
    response: NodeResponse,
    next: (error?: unknown) => void,
  ): Promise<void> => {
    let passed: boolean;
    try {
      passed = await pass(gate, request, response);
    } catch (error) {
      next(error);
      return;
    }
    if (passed) {
      next();
    }
  };
}

/** False: it was answered. */
async function pass<Request extends NodeRequest>(
  gate: Gate<Request>,
  request: Request,
  response: NodeResponse,
): Promise<boolean> {
  const isOver = over(response);
  const { admission, refusal, headers, answered } = await gate.arrived({
    request,
    header: (name) => headerOf(request.headers[name]),
  });
  void isOver.then(() =>
    answered({
      status: response.statusCode,
      endpoint: endpointOf(request),
      method: request.method ?? 'GET',
    }),
  );
  for (const [name, value] of Object.entries(headers)) {
    response.setHeader(name, value);
  }
  if (refusal !== undefined) {
    response.statusCode = refusal.status;
    response.setHeader('Content-Type', problemContentType);
    response.end(JSON.stringify(refusal));
    return false;
  }
  if (admission !== undefined) {
    admissions.set(request, admission);
  }
  return true;
}

/**
 * When the request was answered. `close` alone comes when the caller hung up before that, perhaps before it was decided
 * about; what was done for it is reported all the same.
 */
export function over(response: Pick<NodeResponse, 'once'>): Promise<void> {
  return new Promise((resolve) => {
    response.once('finish', resolve);
    response.once('close', resolve);
  });
}

/** The route where it is known (`/users/:id`), else the path. */
function endpointOf({ route, baseUrl = '', originalUrl, url }: NodeRequest): string {
  return typeof route?.path === 'string'
    ? `${baseUrl}${route.path}`
    : ((originalUrl ?? url ?? '/').split('?')[0] ?? '/');
}

function headerOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
