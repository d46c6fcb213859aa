import { Injectable } from '@nestjs/common';
import type { Mode } from '../../platform/auth/api-key.ts';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { AuditService } from '../audit/audit.service.ts';
import { ConsumerKeyNotActive } from './consumer-keys.errors.ts';
import { ConsumerKeysService } from './consumer-keys.service.ts';

@Injectable()
export class RotateKey {
  constructor(
    private readonly database: Database,
    private readonly keys: ConsumerKeysService,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /**
   * Replaces a key by a new one that may do the same and expires when the old one would have. The old one stays valid for
   * `graceSeconds`, but never beyond its own expiry; without grace it is revoked at once. Throws `ConsumerKeyNotActive`.
   */
  rotate(environmentId: string, mode: Mode, id: string, graceSeconds: number) {
    return this.database.tenant(environmentId, async () => {
      // Locked: of two rotations at once, one replaces the key and the other is told so.
      const old = await this.keys.lock(environmentId, id);
      const now = this.clock.now();
      if (old.revoked_at !== null) {
        throw new ConsumerKeyNotActive('was revoked');
      }
      if (old.rotated_to !== null) {
        throw new ConsumerKeyNotActive('was rotated already');
      }
      if (old.expires_at !== null && old.expires_at <= now) {
        throw new ConsumerKeyNotActive('has expired');
      }
      const { customer_id, project_id, name, scopes, meta, rate_limit, expires_at } = old;
      const successor = await this.keys.insert(environmentId, mode, {
        customer_id,
        project_id,
        name,
        scopes,
        meta,
        rate_limit,
        expires_at,
      });
      await this.keys.change(environmentId, id, {
        rotated_to: successor.id,
        ...(graceSeconds === 0
          ? { revoked_at: now }
          : { expires_at: endOfGrace(expires_at, now, graceSeconds) }),
      });
      await this.audit.record(environmentId, {
        action: 'consumer_key.rotated',
        target: { type: 'consumer_key', id },
        after: { rotated_to: successor.id, grace_seconds: graceSeconds },
      });
      return successor;
    });
  }
}

function endOfGrace(expiresAt: Date | null, now: Date, graceSeconds: number): Date {
  const end = now.getTime() + graceSeconds * 1_000;
  return new Date(expiresAt === null ? end : Math.min(end, expiresAt.getTime()));
}
