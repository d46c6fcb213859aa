import { type GateMaker, nodeGate, type NodeRequest } from './middleware/node-http.ts';
import type { GateOptions } from './middleware/gate.ts';

export type { Admission, GateOptions } from './middleware/gate.ts';
export { admissionOf, type GateMaker, type NodeRequest, type NodeResponse } from './middleware/node-http.ts';

/**
 * A functional middleware of Nest, on Express or Fastify: `consumer.apply(gate(billing, { feature: 'api_calls' }))
 * .forRoutes(ReportsController)` lets through whoever brings a valid key and has something left, logs and meters each
 * request, and answers 401, 403 or 429 otherwise. `admissionOf(request)` says in a controller who it is.
 */
export function gate<Request extends NodeRequest = NodeRequest>(
  billing: GateMaker,
  options?: GateOptions<Request>,
) {
  return nodeGate(billing, options);
}
