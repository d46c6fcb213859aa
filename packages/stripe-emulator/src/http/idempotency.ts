import type { Dataset, Store } from '../state/store.ts';
import type { SavedAnswer } from '../state/tables.ts';
import { StripeError } from './errors.ts';

const KEPT_FOR_SECONDS = 24 * 3600;

/** What makes two requests under one key the same request. */
export interface Fingerprint {
  method: string;
  path: string;
  params: string;
}

/** Which idempotency keys are at work now; what they answered is kept in the data set. */
export class Idempotency {
  readonly #working = new Set<string>();

  /**
   * The saved answer of an earlier request with this key, or undefined when this is the first: then the key
   * is taken until `finish`. Throws when the parameters differ (400) or the first is still working (409).
   */
  begin(data: Dataset, key: string, request: Fingerprint, now: number): SavedAnswer | undefined {
    if (key.length > 255) {
      throw new StripeError(400, {
        type: 'idempotency_error',
        message: 'Idempotency keys must be at most 255 characters long.',
      });
    }
    if (this.#working.has(`${data.key} ${key}`)) {
      throw new StripeError(
        409,
        {
          type: 'idempotency_error',
          code: 'idempotency_key_in_use',
          message: `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
        },
        { savedUnderKey: false },
      );
    }
    const saved = data.get('_answer', key);
    if (saved !== undefined && saved.created > now - KEPT_FOR_SECONDS) {
      if (saved.method === request.method && saved.path === request.path && saved.params === request.params)
        return saved;
      throw new StripeError(
        400,
        {
          type: 'idempotency_error',
          message:
            saved.path === request.path
              ? `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`
              : `Keys for idempotent requests can only be used for the same endpoint they were first used for ('${request.path}' vs '${saved.path}'). Try using a key other than '${key}' if you meant to execute a different request.`,
        },
        { savedUnderKey: false },
      );
    }
    this.#working.add(`${data.key} ${key}`);
    return undefined;
  }

  finish(data: Dataset, key: string): void {
    this.#working.delete(`${data.key} ${key}`);
  }
}

/** Drops answers whose keys may be used anew, so that a data folder does not keep them for ever. */
export function forgetOldAnswers(store: Store, now: number): void {
  for (const data of store.datasets()) {
    for (const answer of [...data.all('_answer')]) {
      if (answer.created <= now - KEPT_FOR_SECONDS) data.remove('_answer', answer.id);
    }
  }
}
