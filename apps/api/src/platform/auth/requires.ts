import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension, ApiHeader, ApiTags } from '@nestjs/swagger';
import type { Scope } from './scopes.ts';

/** Who the OpenAPI document says an operation is for. The SDK covers `public`. */
export type Audience = 'public' | 'dashboard' | 'portal' | 'admin';

export type Requirement =
  /** An environment's credential with a scope: a secret key, a member's token, and where allowed a publishable key. */
  | { credential: 'environment'; scope: Scope; publishable: boolean; inOutage: boolean }
  /** A user's token; no environment. */
  | { credential: 'account' }
  /** Nobody in particular; the reason is part of the declaration. */
  | { credential: 'none'; because: string; isLimited: boolean };

export const requirementKey = 'billingos:requirement';

/**
 * A route of an environment, for callers with a scope. `publishable: true` lets publishable keys in too; `inOutage: true`
 * also a key that was good minutes ago, while Postgres cannot say whether it still is.
 */
export function Requires(
  scope: Scope,
  options: { audience?: Audience; publishable?: boolean; inOutage?: boolean } = {},
): MethodDecorator {
  const requirement: Requirement = {
    credential: 'environment',
    scope,
    publishable: options.publishable ?? false,
    inOutage: options.inOutage ?? false,
  };
  return applyDecorators(
    SetMetadata(requirementKey, requirement),
    ApiTags(options.audience ?? 'public'),
    ApiBearerAuth(),
    ApiExtension('x-scope', scope),
    ApiHeader({
      name: 'X-BillingOS-Environment',
      required: false,
      description:
        'The environment to act in, when the credential is a member’s token. An API key names its own.',
      schema: { type: 'string' },
    }),
  );
}

/** A route of the signed-in user, before any environment is chosen. */
export function RequiresUser(): MethodDecorator {
  const requirement: Requirement = { credential: 'account' };
  return applyDecorators(SetMetadata(requirementKey, requirement), ApiTags('dashboard'), ApiBearerAuth());
}

/**
 * A route that anyone may call, and why that is right. How often an address may is limited, unless whoever calls has a
 * right to come as often as they like.
 */
export function Unauthenticated(
  because: string,
  audience: Audience = 'admin',
  { isLimited = true }: { isLimited?: boolean } = {},
): MethodDecorator {
  const requirement: Requirement = { credential: 'none', because, isLimited };
  return applyDecorators(SetMetadata(requirementKey, requirement), ApiTags(audience));
}
