import { Injectable } from '@nestjs/common';
import { type ApiKeyType, hashApiKey, type Mode, newApiKey } from '../../platform/auth/api-key.ts';
import { Credentials } from '../../platform/auth/credentials.ts';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import { newId } from '../../platform/ids.ts';
import { AuditService } from '../audit/audit.service.ts';
import { ApiKeysRepository } from './api-keys.repository.ts';
import { ApiKeyNotActive, ApiKeyNotFound } from './merchants.errors.ts';
import { OnboardingService } from './onboarding.service.ts';

/** Of `bos_sk_test_AbCd…`: the words and four random characters. */
const prefixLength = 'bos_sk_test_'.length + 4;

interface KeyWish {
  name: string;
  type: ApiKeyType;
  allowed_origins: string[];
}

@Injectable()
export class ApiKeysService {
  constructor(
    private readonly database: Database,
    private readonly keys: ApiKeysRepository,
    private readonly credentials: Credentials,
    private readonly audit: AuditService,
    private readonly onboarding: OnboardingService,
    private readonly clock: Clock,
  ) {}

  list(environmentId: string, page: PageRequest) {
    return this.database.tenant(environmentId, () => this.keys.list(environmentId, page));
  }

  /** Makes a key. `secret` in the answer is the only place it ever stands. */
  create(environmentId: string, mode: Mode, wish: KeyWish) {
    return this.database.tenant(environmentId, async () => {
      const key = await this.insert(environmentId, mode, wish);
      await this.audit.record(environmentId, {
        action: 'api_key.created',
        target: { type: 'api_key', id: key.id },
        after: wish,
      });
      await this.onboarding.complete(environmentId, 'create_api_key');
      return key;
    });
  }

  /**
   * Replaces a key by a new one that may do the same. The old one stays valid for `graceSeconds`; without grace it is
   * revoked at once. Throws `ApiKeyNotActive`.
   */
  rotate(environmentId: string, mode: Mode, id: string, graceSeconds: number) {
    return this.database.tenant(environmentId, async () => {
      // Locked: of two rotations at once, one replaces the key and the other is told so.
      const old = await this.keys.lock(environmentId, id);
      if (old === undefined) {
        throw new ApiKeyNotFound(id);
      }
      if (old.revoked_at !== null) {
        throw new ApiKeyNotActive('was revoked');
      }
      if (old.rotated_to !== null) {
        throw new ApiKeyNotActive('was rotated already');
      }
      const { name, type, allowed_origins: origins } = old;
      const successor = await this.insert(environmentId, mode, { name, type, allowed_origins: origins });
      const now = this.clock.now();
      const { hash } = await this.keys.replace(environmentId, id, {
        rotated_to: successor.id,
        ...(graceSeconds === 0
          ? { revoked_at: now }
          : { expires_at: new Date(now.getTime() + graceSeconds * 1_000) }),
      });
      await this.audit.record(environmentId, {
        action: 'api_key.rotated',
        target: { type: 'api_key', id },
        after: { rotated_to: successor.id, grace_seconds: graceSeconds },
      });
      this.database.afterCommit(() => this.credentials.changed(hash));
      return successor;
    });
  }

  /** Revokes a key: at once here, a message later in every other process, and within seconds if that is lost. */
  revoke(environmentId: string, id: string) {
    return this.database.tenant(environmentId, async () => {
      const key = await this.keys.revoke(environmentId, id, this.clock.now());
      if (key === undefined) {
        throw new ApiKeyNotFound(id);
      }
      await this.audit.record(environmentId, { action: 'api_key.revoked', target: { type: 'api_key', id } });
      this.database.afterCommit(() => this.credentials.changed(key.hash));
      return key;
    });
  }

  /** In the open transaction: a new key and its secret. */
  private async insert(environmentId: string, mode: Mode, wish: KeyWish) {
    const secret = newApiKey(wish.type, mode);
    const key = await this.keys.insert(environmentId, {
      id: newId('api_key'),
      ...wish,
      prefix: secret.slice(0, prefixLength),
      last4: secret.slice(-4),
      hash: hashApiKey(secret),
      created_at: this.clock.now(),
    });
    return { ...key, secret };
  }
}
