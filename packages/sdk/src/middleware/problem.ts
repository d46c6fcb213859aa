/** The body of a refusal (RFC 9457), for whoever calls your API. */
export interface Problem {
  type: 'about:blank';
  title: string;
  status: 401 | 403 | 429 | 503;
  /** What the caller can do about it. */
  detail: string;
  /** Stable and machine-readable. */
  code: string;
}

export const problemContentType = 'application/problem+json';

const titles = {
  401: 'Unauthorized',
  403: 'Forbidden',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

function problem(status: Problem['status'], code: string, detail: string): Problem {
  return { type: 'about:blank', title: titles[status], status, detail, code };
}

export const problems = {
  keyMissing: problem(
    401,
    'key_missing',
    'This request has no API key. Send yours as "Authorization: Bearer …" or "X-API-Key: …".',
  ),
  customerUnknown: problem(401, 'sign_in_required', 'It is not known who sent this request. Sign in first.'),
  away: problem(
    503,
    'access_unknown',
    'Whether you may do this could not be looked up. Nothing was done; try again shortly.',
  ),
} satisfies Record<string, Problem>;

const details: Record<string, string> = {
  not_found: 'This API key does not exist. Check that it was copied whole.',
  revoked: 'This API key was revoked. Use another one.',
  expired: 'This API key has expired. Create a new one.',
  insufficient_scope: 'This API key may not do that. Use one with the scope that is needed.',
  rate_limited: 'Too many requests. Wait as long as Retry-After says.',
  quota_exceeded: 'Your plan has nothing left of this. Wait until it is renewed, or take a larger plan.',
  not_entitled: 'Your plan does not have this. Take one that does.',
  past_due: 'A payment is outstanding. Pay it to go on.',
  subscription_paused: 'Your subscription is paused. Resume it to go on.',
  spend_cap: 'Your spending limit is reached. Raise it to go on.',
};

/** The refusal that a code of a verification means, with the reason of the entitlement where there is one. */
export function problemOfDenial(status: Problem['status'], code: string, reason: string | null): Problem {
  const name = code === 'disabled' ? (reason ?? 'key_disabled') : code;
  const detail = details[reason ?? ''] ?? details[code] ?? 'You may not do this at the moment.';
  return problem(status, name, code === 'disabled' && reason === null ? keyDisabled : detail);
}

const keyDisabled = 'This API key is switched off. Switch it on, or use another one.';
