import type { CheckAnswer } from '../entitlements/check.ts';
import type { WindowState } from '../../platform/rate-limits/sliding-window.ts';
import type { VerificationCode } from './consumer-keys.schemas.ts';

/** What is known about a key: what `app.find_consumer_key` returns, and what is cached. */
export interface KnownKey {
  id: string;
  name: string;
  version: number;
  customer_id: string;
  external_id: string | null;
  project_id: string | null;
  project_name: string | null;
  quota_feature: string | null;
  scopes: string[];
  meta: Record<string, string>;
  enabled: boolean;
  expires_at: Date | null;
  revoked_at: Date | null;
  key_limit: number | null;
  key_window_seconds: number | null;
  project_limit: number | null;
  project_window_seconds: number | null;
  customer_limit: number | null;
  customer_window_seconds: number | null;
  plan: string | null;
}

/** Why a key is of no use, before anything is counted; undefined when it is. An expiry at 12:00 is over at 12:00. */
export function refusalOf(
  key: KnownKey,
  needed: readonly string[],
  now: Date,
): Extract<VerificationCode, 'revoked' | 'expired' | 'disabled' | 'insufficient_scope'> | undefined {
  if (key.revoked_at !== null) {
    return 'revoked';
  }
  if (key.expires_at !== null && key.expires_at <= now) {
    return 'expired';
  }
  if (!key.enabled) {
    return 'disabled';
  }
  return needed.every((scope) => key.scopes.includes(scope)) ? undefined : 'insufficient_scope';
}

export interface KeyWindow {
  of: 'key' | 'project' | 'customer';
  name: string;
  limit: number;
  window_ms: number;
}

/** The limits that a call with the key is counted against. */
export function windowsOf(key: KnownKey): KeyWindow[] {
  const candidates = [
    { of: 'key', id: key.id, limit: key.key_limit, seconds: key.key_window_seconds },
    { of: 'project', id: key.project_id, limit: key.project_limit, seconds: key.project_window_seconds },
    { of: 'customer', id: key.customer_id, limit: key.customer_limit, seconds: key.customer_window_seconds },
  ] as const;
  return candidates.flatMap(({ of, id, limit, seconds }) =>
    id === null || limit === null || seconds === null
      ? []
      : [{ of, name: `${of}:${id}`, limit, window_ms: seconds * 1_000 }],
  );
}

/** The limit that is nearest: of 3 of 10 and 90 of 100 left, the first. */
export function nearestLimit(windows: readonly KeyWindow[], states: readonly WindowState[]) {
  const left = windows.flatMap((window, index) => {
    const state = states[index];
    return state === undefined
      ? []
      : [{ of: window.of, limit: window.limit, remaining: Math.max(0, window.limit - state.used), ...state }];
  });
  const [nearest] = left.sort((a, b) => a.remaining - b.remaining || b.retry_at - a.retry_at);
  return nearest === undefined
    ? null
    : {
        of: nearest.of,
        limit: nearest.limit,
        remaining: nearest.remaining,
        resets_at: new Date(nearest.frees_at),
      };
}

/** What a denied entitlement means for a key: nothing left of a quota, or no right to it at all. */
export function codeOfDenial(reason: CheckAnswer['reason']): 'quota_exceeded' | 'disabled' {
  return reason === 'not_entitled' || reason === 'past_due' || reason === 'customer_not_found'
    ? 'disabled'
    : 'quota_exceeded';
}

/** Whole seconds from now until then, at least 1. */
export function secondsUntil(then: number, now: Date): number {
  return Math.max(1, Math.ceil((then - now.getTime()) / 1_000));
}
