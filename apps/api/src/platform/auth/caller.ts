import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { ApiKeyType, Mode } from './api-key.ts';
import type { Role, Scope } from './scopes.ts';

/** An API key, acting for its environment. */
export interface KeyCaller {
  kind: 'api_key';
  environment_id: string;
  mode: Mode;
  key_id: string;
  key_name: string;
  key_type: ApiKeyType;
  /** Of a key that was rotated: from when on it opens nothing. */
  expires_at: Date | null;
  /** Of a publishable key: the web pages it may be used from. Empty: any. */
  allowed_origins: readonly string[];
  scopes: ReadonlySet<Scope>;
}

/** A signed-in member of the merchant, acting in one of its environments. */
export interface MemberCaller {
  kind: 'member';
  environment_id: string;
  mode: Mode;
  user_id: string;
  email: string;
  role: Role;
  scopes: ReadonlySet<Scope>;
}

/** A signed-in user, before any environment is chosen. */
export interface UserCaller {
  kind: 'user';
  user_id: string;
  email: string;
}

export type Caller = KeyCaller | MemberCaller | UserCaller;

declare module 'fastify' {
  interface FastifyRequest {
    caller?: Caller;
  }
}

/** Injects the id of the environment that the credential belongs to. Never taken from body or query. */
export const EnvironmentId = createParamDecorator((_: undefined, context: ExecutionContext): string => {
  const caller = context.switchToHttp().getRequest<FastifyRequest>().caller;
  if (caller === undefined || caller.kind === 'user') {
    throw new Error('This route has no environment: its credential is not one of an environment.');
  }
  return caller.environment_id;
});

/** Injects the mode, live or test, of that environment. */
export const EnvironmentMode = createParamDecorator((_: undefined, context: ExecutionContext): Mode => {
  const caller = context.switchToHttp().getRequest<FastifyRequest>().caller;
  if (caller === undefined || caller.kind === 'user') {
    throw new Error('This route has no environment: its credential is not one of an environment.');
  }
  return caller.mode;
});

/** Injects the signed-in user of an account route. */
export const CurrentUser = createParamDecorator((_: undefined, context: ExecutionContext): UserCaller => {
  const caller = context.switchToHttp().getRequest<FastifyRequest>().caller;
  if (caller?.kind !== 'user') {
    throw new Error('This route has no signed-in user: its credential is not "account".');
  }
  return caller;
});
