import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import { Clock } from '../clock.ts';
import { Database } from '../database/database.ts';
import { Log } from '../log.ts';
import { hashApiKey, isApiKey, type Mode } from './api-key.ts';
import { CredentialInvalid, EnvironmentNotFound } from './auth.errors.ts';
import type { KeyCaller, MemberCaller, UserCaller } from './caller.ts';
import { publishableKeyScopes, roleScopes, secretKeyScopes, type Role } from './scopes.ts';
import { UserTokens } from './user-tokens.ts';

/** The longest a revoked key is still accepted by a process that has it cached. */
const keyCacheMs = 5_000;
const keyCacheMax = 10_000;
const lastUsedFlushMs = 5_000;

/** Turns what stands in the Authorization header into who is calling. */
@Injectable()
export class Credentials implements OnApplicationShutdown {
  /** By the key itself, as it stands in the request: to hash it for each would cost as much as the rest. */
  private readonly keys = new LRUCache<string, { hash: Buffer; caller: KeyCaller }>({
    max: keyCacheMax,
    ttl: keyCacheMs,
  });
  private readonly used = new Map<string, { environment_id: string; key_id: string; at: Date }>();
  private readonly leakListeners: ((caller: KeyCaller) => void)[] = [];
  private readonly flushing: NodeJS.Timeout;

  constructor(
    private readonly database: Database,
    private readonly tokens: UserTokens,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    this.flushing = setInterval(() => void this.flushLastUsed(), lastUsedFlushMs).unref();
  }

  /** Who a key belongs to. Throws `CredentialInvalid` for a malformed key without asking the database. */
  async ofKey(key: string): Promise<KeyCaller> {
    return this.recentKey(key) ?? this.noteUse(await this.lookUp(key));
  }

  /** Who a key belongs to, when it was looked up seconds ago. */
  recentKey(key: string): KeyCaller | undefined {
    const recent = this.keys.get(key);
    return recent === undefined ? undefined : this.noteUse(recent.caller);
  }

  private noteUse(caller: KeyCaller): KeyCaller {
    // Once between two writes of them: for people to look at, seconds do not matter.
    if (!this.used.has(caller.key_id)) {
      const { environment_id, key_id } = caller;
      this.used.set(key_id, { environment_id, key_id, at: this.clock.now() });
    }
    return caller;
  }

  /** The member a token's user is in an environment. Membership and role are read anew for every request. */
  async ofMember(token: string, environmentId: string | undefined): Promise<MemberCaller> {
    const user = await this.tokens.verify(token);
    if (environmentId === undefined) {
      throw new EnvironmentNotFound();
    }
    const { rows } = await sql<{ role: Role; mode: Mode }>`
      select role, mode from app.authenticate_member(${user.user_id}, ${environmentId})
    `.execute(this.database.functions);
    const member = rows[0];
    if (member === undefined) {
      throw new EnvironmentNotFound();
    }
    return {
      kind: 'member',
      environment_id: environmentId,
      mode: member.mode,
      user_id: user.user_id,
      email: user.email,
      role: member.role,
      scopes: roleScopes[member.role],
    };
  }

  async ofUser(token: string): Promise<UserCaller> {
    const user = await this.tokens.verify(token);
    const { rows } = await sql<{ active: boolean }>`
      select app.user_is_active(${user.user_id}) as active
    `.execute(this.database.functions);
    if (rows[0]?.active !== true) {
      throw new CredentialInvalid();
    }
    return { kind: 'user', user_id: user.user_id, email: user.email };
  }

  /** Tells of secret keys that were sent from a web page. The listener must not throw. */
  onLeak(listener: (caller: KeyCaller) => void): void {
    this.leakListeners.push(listener);
  }

  reportLeak(caller: KeyCaller): void {
    for (const listener of this.leakListeners) {
      listener(caller);
    }
  }

  /** Forgets a key at once in this process; others forget it within the cache's seconds. */
  forget(hash: Buffer): void {
    for (const [key, cached] of this.keys.entries()) {
      if (cached.hash.equals(hash)) {
        this.keys.delete(key);
      }
    }
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.flushing);
    await this.flushLastUsed();
  }

  private async lookUp(key: string): Promise<KeyCaller> {
    if (!isApiKey(key)) {
      throw new CredentialInvalid();
    }
    const hash = hashApiKey(key);
    const caller = await this.findKey(hash);
    this.keys.set(key, { hash, caller });
    return caller;
  }

  private async findKey(hash: Buffer): Promise<KeyCaller> {
    const { rows } = await sql<{
      environment_id: string;
      mode: Mode;
      key_id: string;
      key_name: string;
      type: 'secret' | 'publishable';
      revoked_at: Date | null;
      allowed_origins: string[];
    }>`select * from app.authenticate_api_key(${hash})`.execute(this.database.functions);
    const key = rows[0];
    if (key === undefined || key.revoked_at !== null) {
      throw new CredentialInvalid();
    }
    return {
      kind: 'api_key',
      environment_id: key.environment_id,
      mode: key.mode,
      key_id: key.key_id,
      key_name: key.key_name,
      key_type: key.type,
      allowed_origins: key.allowed_origins,
      scopes: key.type === 'secret' ? secretKeyScopes : publishableKeyScopes,
    };
  }

  /** "Last used" is for people to look at: written in batches, and a lost batch harms nobody. */
  private async flushLastUsed(): Promise<void> {
    const batch = [...this.used.values()];
    this.used.clear();
    if (batch.length === 0) {
      return;
    }
    const environmentIds = batch.map((use) => use.environment_id);
    const keyIds = batch.map((use) => use.key_id);
    const times = batch.map((use) => use.at);
    await sql`select app.touch_api_keys(${environmentIds}::text[], ${keyIds}::text[], ${times}::timestamptz[])`
      .execute(this.database.functions)
      .catch((error: unknown) => {
        this.log.warn('api_keys.last_used_not_written', {
          error: error instanceof Error ? error : undefined,
        });
      });
  }
}
