import { AsyncLocalStorage } from 'node:async_hooks';

/** Who acts: recorded in the audit log. */
export interface Actor {
  type: 'user' | 'api_key' | 'system';
  id: string;
  /** What a person recognises: an e-mail address, a key's name, a job's name. */
  label: string;
}

/** What is known about the request or job that is being served. One object per request, filled in as it proceeds. */
export interface RequestContext {
  request_id: string;
  ip?: string;
  environment_id?: string;
  job_id?: string;
  actor: Actor;
  /** The Idempotency-Key the caller sent, if any. */
  idempotency_key?: string;
  /** How many requests to Stripe it took so far, repetitions included. */
  stripe_requests?: number;
}

const storage = new AsyncLocalStorage<RequestContext>();

export const requestContext = {
  run<T>(context: RequestContext, work: () => T): T {
    return storage.run(context, work);
  },
  current(): RequestContext | undefined {
    return storage.getStore();
  },
};
