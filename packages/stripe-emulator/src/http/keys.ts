import type { Mode } from '../state/store.ts';
import { StripeError } from './errors.ts';

/** The mode of the secret or restricted key in an `Authorization` header; Stripe's 401 without one. */
export function modeOfKey(authorization: string | undefined): Mode {
  const key = presentedKey(authorization);
  if (key === undefined) {
    throw unauthenticated(
      "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
    );
  }
  const mode = /^(?:sk|rk)_(test|live)_[A-Za-z0-9_]+$/.exec(key)?.[1];
  if (mode === undefined) throw unauthenticated(`Invalid API Key provided: ${masked(key)}`);
  return mode === 'live' ? 'live' : 'test';
}

function presentedKey(authorization: string | undefined): string | undefined {
  const [scheme, value] = (authorization ?? '').split(' ');
  if (value === undefined || value === '') return undefined;
  if (scheme === 'Bearer') return value;
  if (scheme === 'Basic') return Buffer.from(value, 'base64').toString().split(':')[0];
  return undefined;
}

function masked(key: string): string {
  return `${key.slice(0, 8)}${'*'.repeat(Math.max(0, key.length - 12))}${key.slice(8).slice(-4)}`;
}

function unauthenticated(message: string): StripeError {
  return new StripeError(401, { type: 'invalid_request_error', message }, { savedUnderKey: false });
}

/** 403 for a `Stripe-Account` that the key's platform does not have in this mode. */
export function unknownAccount(account: string, authorization: string | undefined): StripeError {
  return new StripeError(
    403,
    {
      type: 'invalid_request_error',
      code: 'account_invalid',
      message: `The provided key '${masked(presentedKey(authorization) ?? '')}' does not have access to account '${account}' (or that account does not exist). Application access may have been revoked.`,
    },
    { savedUnderKey: false },
  );
}
