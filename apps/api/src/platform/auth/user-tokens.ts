import { Injectable } from '@nestjs/common';
import { createRemoteJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { Env } from '../../env.ts';
import { Clock } from '../clock.ts';
import { CredentialInvalid, SignInUnavailable } from './auth.errors.ts';

const clockSkewSeconds = 30;
const keysCachedMs = 10 * 60 * 1000;

/** Verifies Supabase access tokens against the project's public keys. */
@Injectable()
export class UserTokens {
  private readonly keys: JWTVerifyGetKey;
  private readonly issuer: string;

  constructor(
    env: Env,
    private readonly clock: Clock,
  ) {
    this.issuer = `${env.get('SUPABASE_URL').replace(/\/$/, '')}/auth/v1`;
    this.keys = createRemoteJWKSet(new URL(`${this.issuer}/.well-known/jwks.json`), {
      cacheMaxAge: keysCachedMs,
      timeoutDuration: 3_000,
    });
  }

  /** The user a token was issued to. Throws `CredentialInvalid`, or `SignInUnavailable` when the keys cannot be had. */
  async verify(token: string): Promise<{ user_id: string; email: string }> {
    try {
      const { payload } = await jwtVerify(token, this.keys, {
        // Asymmetric only: a token signed with a public key as if it were a shared secret must not pass.
        algorithms: ['ES256', 'RS256', 'EdDSA'],
        issuer: this.issuer,
        audience: 'authenticated',
        clockTolerance: clockSkewSeconds,
        requiredClaims: ['sub', 'exp', 'email'],
        currentDate: this.clock.now(),
      });
      const { sub, email } = payload;
      if (!isUuid(sub) || typeof email !== 'string' || payload['role'] !== 'authenticated') {
        throw new CredentialInvalid();
      }
      return { user_id: sub, email };
    } catch (error) {
      if (
        error instanceof errors.JWKSTimeout ||
        error instanceof errors.JWKSInvalid ||
        isUnreachable(error)
      ) {
        throw new SignInUnavailable(error);
      }
      throw new CredentialInvalid();
    }
  }
}

function isUuid(sub: unknown): sub is string {
  return z.guid().safeParse(sub).success;
}

function isUnreachable(error: unknown): boolean {
  return (
    (error instanceof TypeError && error.message.includes('fetch')) ||
    (error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC')
  );
}
