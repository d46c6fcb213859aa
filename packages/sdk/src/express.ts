import { type GateMaker, nodeGate, type NodeRequest } from './middleware/node-http.ts';
import type { GateOptions } from './middleware/gate.ts';

export type { Admission, GateOptions } from './middleware/gate.ts';
export { admissionOf, type GateMaker, type NodeRequest, type NodeResponse } from './middleware/node-http.ts';

/**
 * A middleware of Express (4 or 5) and Connect: `app.use('/api', gate(billing, { feature: 'api_calls' }))` lets through
 * whoever brings a valid key and has something left, logs and meters each request, and answers 401, 403 or 429 otherwise.
 */
export function gate<Request extends NodeRequest = NodeRequest>(
  billing: GateMaker,
  options?: GateOptions<Request>,
) {
  return nodeGate(billing, options);
}
