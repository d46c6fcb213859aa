import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { RequestLimits } from '../rate-limits/request-limits.ts';
import { requestContext } from '../request-context.ts';
import {
  CredentialInvalid,
  CredentialMissing,
  OriginNotAllowed,
  ScopeMissing,
  SecretKeyInBrowser,
} from './auth.errors.ts';
import type { Caller, KeyCaller, MemberCaller } from './caller.ts';
import { Credentials } from './credentials.ts';
import { type Requirement, requirementKey } from './requires.ts';

type EnvironmentRequirement = Extract<Requirement, { credential: 'environment' }>;

/** Authenticates the caller and checks the scope that the route declares. A route without a declaration never gets here: it fails the boot. */
@Injectable()
export class AuthenticateGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly credentials: Credentials,
    private readonly limits: RequestLimits,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const requirement = this.reflector.get<Requirement | undefined>(requirementKey, context.getHandler());
    if (requirement === undefined) {
      throw new Error(`${context.getClass().name}.${context.getHandler().name} declares no credential.`);
    }
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (requirement.credential === 'none') {
      if (requirement.isLimited) {
        await this.limits.ofAddress(request.ip);
      }
      return true;
    }
    if (requirement.credential === 'environment') {
      await this.admit(request, requirement);
      return true;
    }
    const token = bearerToken(request);
    const caller = await this.known(request, () => this.user(token));
    request.caller = caller;
    describeCaller(caller);
    this.limits.ofCaller(caller);
    return true;
  }

  /** Who calls, in which environment. Throws a refusal: no credential, a wrong one, or one without the scope. */
  async admit(
    request: FastifyRequest,
    requirement: EnvironmentRequirement,
  ): Promise<KeyCaller | MemberCaller> {
    const token = bearerToken(request);
    const caller = await this.known(request, () => this.inEnvironment(request, token, requirement));
    this.accept(request, caller, requirement);
    return caller;
  }

  /** Like `admit`, and at once, for a key that this process has just looked up. Undefined: only `admit` knows. */
  admitKnown(request: FastifyRequest, requirement: EnvironmentRequirement): KeyCaller | undefined {
    const caller = this.credentials.recentKey(bearerToken(request));
    if (caller !== undefined) {
      this.accept(request, caller, requirement);
    }
    return caller;
  }

  private accept(
    request: FastifyRequest,
    caller: KeyCaller | MemberCaller,
    requirement: EnvironmentRequirement,
  ): void {
    if (caller.kind === 'api_key') {
      this.refuseMisuse(request, caller, requirement);
    }
    if (!caller.scopes.has(requirement.scope)) {
      throw new ScopeMissing(requirement.scope);
    }
    request.caller = caller;
    describeCaller(caller);
    this.limits.ofCaller(caller);
  }

  /** Counts credentials that are none against the address, so that guessing has an end. */
  private async known<T>(request: FastifyRequest, find: () => Promise<T>): Promise<T> {
    try {
      return await find();
    } catch (error) {
      if (error instanceof CredentialInvalid) {
        await this.limits.ofWrongCredential(request.ip);
      }
      throw error;
    }
  }

  private user(token: string): Promise<Caller> {
    if (token.startsWith('bos_')) {
      throw new CredentialInvalid();
    }
    return this.credentials.ofUser(token);
  }

  private inEnvironment(
    request: FastifyRequest,
    token: string,
    { inOutage }: EnvironmentRequirement,
  ): Promise<KeyCaller | MemberCaller> {
    const header = request.headers['x-billingos-environment'];
    return token.startsWith('bos_')
      ? inOutage
        ? this.credentials.ofKeyInOutage(token)
        : this.credentials.ofKey(token)
      : this.credentials.ofMember(token, typeof header === 'string' ? header : undefined);
  }

  private refuseMisuse(
    request: FastifyRequest,
    caller: KeyCaller,
    { scope, publishable }: EnvironmentRequirement,
  ): void {
    // Browsers send Origin with every cross-site request; servers do not.
    if (caller.key_type === 'secret' && request.headers.origin !== undefined) {
      this.credentials.reportLeak(caller);
      throw new SecretKeyInBrowser();
    }
    if (caller.allowed_origins.length > 0 && !caller.allowed_origins.includes(request.headers.origin ?? '')) {
      throw new OriginNotAllowed();
    }
    if (caller.key_type === 'publishable' && !publishable) {
      throw new ScopeMissing(scope);
    }
  }
}

function bearerToken(request: FastifyRequest): string {
  const [scheme, token] = (request.headers.authorization ?? '').split(' ');
  if (token === undefined || token === '' || scheme?.toLowerCase() !== 'bearer') {
    throw new CredentialMissing();
  }
  return token;
}

function describeCaller(caller: Caller): void {
  const context = requestContext.current();
  if (context === undefined) {
    return;
  }
  if (caller.kind === 'api_key') {
    context.actor = { type: 'api_key', id: caller.key_id, label: caller.key_name };
  } else {
    context.actor = { type: 'user', id: caller.user_id, label: caller.email };
  }
  if (caller.kind !== 'user') {
    context.environment_id = caller.environment_id;
  }
}
