import type { components } from '@billingos/sdk/openapi';

type Schemas = components['schemas'];
export type PayPage = Schemas['PayPage'];
export type CardForm = Schemas['CardForm'];
export type PayOutcome = Schemas['PayOutcome'];
export type SurveyPage = Schemas['SurveyPage'];
export type TopUpPage = Schemas['TopUpPage'];
export type TopUpPurchase = Schemas['TopUpPurchase'];

/** What the API refused, in its words. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Asks the API as whoever holds the link: from the browser itself, so that guesses count for the address they come from
 * and not for this server's.
 */
export async function ask<T>(apiUrl: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${apiUrl}/api/v1/${path}`, {
    ...(body === undefined
      ? {}
      : {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    cache: 'no-store',
  });
  const answer = await response.json();
  if (!response.ok) throw new Refused(answer.error.code, answer.error.message);
  return answer;
}

/** What a person reads of what went wrong. */
export function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : 'Something went wrong. Try again.';
}
