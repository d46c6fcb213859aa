import { randomBytes } from 'node:crypto';
import {
  compactVerify,
  exportJWK,
  importJWK,
  SignJWT,
  type CryptoKey,
  type JWK,
  type JWTPayload,
} from 'jose';

/**
 * Translates between the tokens the outside sees and those @supabase/lite understands. Lite signs with a shared
 * secret and publishes no keys; hosted Supabase signs with a private key, names itself as issuer and publishes
 * the public one. With this at the door, the api verifies both in the same way and never holds a secret that
 * could make a token.
 */
export class TokenDoor {
  /** The secret lite signs with. It never leaves this process, so it is new at each start. */
  readonly insideSecret = randomBytes(48).toString('base64url');
  private readonly insideKey = new TextEncoder().encode(this.insideSecret);
  private readonly privateKey: CryptoKey;
  private readonly publicJwk: JWK;
  private readonly publicKey: CryptoKey;
  private readonly issuer: string;

  private constructor(keys: { privateKey: CryptoKey; publicKey: CryptoKey; publicJwk: JWK }, issuer: string) {
    this.privateKey = keys.privateKey;
    this.publicKey = keys.publicKey;
    this.publicJwk = keys.publicJwk;
    this.issuer = issuer;
  }

  /** `signingKey` is a private ES256 JWK with a `kid`; `issuer` is `{SUPABASE_URL}/auth/v1`. */
  static async open(signingKey: JWK, issuer: string): Promise<TokenDoor> {
    const { kid, kty, crv, x, y } = signingKey;
    if (kid === undefined || kty !== 'EC' || crv !== 'P-256' || x === undefined || y === undefined) {
      throw new Error('The Supabase signing key must be a P-256 JWK with a kid.');
    }
    const publicJwk: JWK = { kid, kty, crv, x, y, alg: 'ES256', use: 'sig' };
    const keys = {
      privateKey: await asymmetric(signingKey),
      publicKey: await asymmetric(publicJwk),
      publicJwk,
    };
    return new TokenDoor(keys, issuer);
  }

  /** What `/auth/v1/.well-known/jwks.json` answers. */
  jwks(): { keys: JWK[] } {
    return { keys: [this.publicJwk] };
  }

  /** Lite's token as the outside gets it: same claims and times, our signature, `iss` added. */
  async outward(token: string): Promise<string> {
    const { payload } = await compactVerify(token, this.insideKey, { algorithms: ['HS256'] });
    const claims = { ...parseClaims(payload), iss: this.issuer };
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: this.publicJwk.kid ?? '', typ: 'JWT' })
      .sign(this.privateKey);
  }

  /**
   * The token of a request as lite understands it. A token we did not sign is handed on unchanged: lite refuses
   * it with the error that Supabase has for it. An expired one keeps its times, so lite refuses that too.
   */
  async inward(token: string): Promise<string> {
    try {
      const { payload } = await compactVerify(token, this.publicKey, { algorithms: ['ES256'] });
      return await new SignJWT(parseClaims(payload))
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .sign(this.insideKey);
    } catch {
      return token;
    }
  }
}

/** A new private ES256 key for `TokenDoor.open`. */
export async function newSigningKey(): Promise<JWK> {
  const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ]);
  return { ...(await exportJWK(privateKey)), kid: randomBytes(8).toString('hex'), alg: 'ES256', use: 'sig' };
}

async function asymmetric(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, 'ES256');
  if (key instanceof Uint8Array) throw new Error('The Supabase signing key is not an asymmetric key.');
  return key;
}

function parseClaims(payload: Uint8Array): JWTPayload {
  const claims: unknown = JSON.parse(new TextDecoder().decode(payload));
  if (typeof claims !== 'object' || claims === null) throw new Error('A token without claims.');
  return { ...claims };
}
