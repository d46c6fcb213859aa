import { AppError, type ErrorFacts } from '../errors.ts';

export class CredentialMissing extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'credential_missing',
    kind: 'unauthenticated',
    explanation: 'The request carries no credential. Send "Authorization: Bearer bos_sk_…".',
  };
  constructor() {
    super(
      CredentialMissing.facts,
      'This route needs a credential. Send it as "Authorization: Bearer bos_sk_…".',
    );
  }
}

export class CredentialInvalid extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'credential_invalid',
    kind: 'unauthenticated',
    explanation: 'The key or token is malformed, unknown, revoked or expired.',
  };
  constructor() {
    // The same words for a key that never was, one that was revoked, and a token that expired.
    super(
      CredentialInvalid.facts,
      'The credential is not valid. Check that it is complete, and that it was not revoked or expired.',
    );
  }
}

export class EnvironmentNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'environment_not_found',
    kind: 'not_found',
    explanation:
      'X-BillingOS-Environment is missing, or names an environment that the signed-in user is no member of.',
  };
  constructor() {
    super(
      EnvironmentNotFound.facts,
      'There is no such environment for you. Send X-BillingOS-Environment with the id of one listed by GET /api/v1/me.',
      'X-BillingOS-Environment',
    );
  }
}

export class ScopeMissing extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'scope_missing',
    kind: 'forbidden',
    explanation: 'The credential is valid, but its key type or role may not do this.',
  };
  constructor(scope: string) {
    super(
      ScopeMissing.facts,
      `This credential lacks the scope ${scope}. Use one that has it, or ask an owner or admin for the role.`,
    );
  }
}

export class SecretKeyInBrowser extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'secret_key_in_browser',
    kind: 'forbidden',
    explanation: 'A secret key came from a web page. Revoke it, and call the API from your server.',
  };
  constructor() {
    super(
      SecretKeyInBrowser.facts,
      'A secret key was sent from a web page, where everyone can read it. Revoke it now, and call this route from your server.',
    );
  }
}

export class OriginNotAllowed extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'origin_not_allowed',
    kind: 'forbidden',
    explanation: 'The publishable key is bound to web pages, and the request does not come from one of them.',
  };
  constructor() {
    super(
      OriginNotAllowed.facts,
      'This publishable key may be used from its allowed origins only. Make one for this web page.',
    );
  }
}

export class SignInUnavailable extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'sign_in_unavailable',
    kind: 'unavailable',
    explanation: 'The keys that tokens are verified with cannot be had at the moment. Try again shortly.',
  };
  constructor(cause: unknown) {
    super(SignInUnavailable.facts, 'Tokens cannot be verified at the moment. Try again shortly.', undefined, {
      cause,
    });
  }
}

/** What any route with a credential may answer. */
export const credentialRefusals = [CredentialMissing, CredentialInvalid, EnvironmentNotFound, ScopeMissing];
