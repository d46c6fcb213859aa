import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import { Broadcast } from '../broadcast.ts';
import { Clock } from '../clock.ts';
import { Database } from '../database/database.ts';
import { Log } from '../log.ts';
import { answeredBy, isUnanswered, outageMemoryMs } from '../outage.ts';
import { hashApiKey, isApiKey, type Mode } from './api-key.ts';
import { CredentialInvalid, EnvironmentNotFound } from './auth.errors.ts';
import type { KeyCaller, MemberCaller, UserCaller } from './caller.ts';
import { publishableKeyScopes, roleScopes, secretKeyScopes, type Role } from './scopes.ts';
import { UserTokens } from './user-tokens.ts';

/** The longest a revoked key is still accepted by a process that has it cached. */
const keyCacheMs = 5_000;
const keyCacheMax = 10_000;
/** How long it is waited for whether a key is still good, where one that was may be believed instead. */
const patienceMs = 250;
const lastUsedFlushMs = 5_000;
const changedTopic = 'api_key_changed';

interface Lookup {
  hash: Buffer;
  began: number;
  found: Promise<KeyCaller>;
}

/** Turns what stands in the Authorization header into who is calling. */
@Injectable()
export class Credentials implements OnApplicationShutdown {
  /** By the key itself, as it stands in the request: to hash it for each would cost as much as the rest. */
  private readonly keys = new LRUCache<string, { hash: Buffer; caller: KeyCaller }>({
    max: keyCacheMax,
    ttl: keyCacheMs,
  });
  /** For when nobody can be asked: what was known longer ago. */
  private readonly remembered = new LRUCache<string, { hash: Buffer; caller: KeyCaller }>({
    max: keyCacheMax,
    ttl: outageMemoryMs,
  });
  /** Once for all who come with the same key. */
  private readonly lookups = new Map<string, Lookup>();
  private readonly used = new Map<string, { environment_id: string; key_id: string; at: Date }>();
  private readonly leakListeners: ((caller: KeyCaller) => void)[] = [];
  private readonly flushing: NodeJS.Timeout;

  constructor(
    private readonly database: Database,
    private readonly broadcast: Broadcast,
    private readonly tokens: UserTokens,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    broadcast.on(changedTopic, (hash) => this.forget(Buffer.from(hash, 'hex')));
    this.flushing = setInterval(() => void this.flushLastUsed(), lastUsedFlushMs).unref();
  }

  /** Who a key belongs to. Throws `CredentialInvalid` for a malformed key without asking the database. */
  async ofKey(key: string): Promise<KeyCaller> {
    return this.recentKey(key) ?? this.noteUse(await this.lookUp(key).found);
  }

  /** Like `ofKey`, and of a key that was good in the last minutes also when nobody says in time whether it still is. */
  async ofKeyInOutage(key: string): Promise<KeyCaller> {
    const remembered = this.remembered.get(key);
    if (remembered === undefined || this.isOver(remembered.caller)) {
      return this.ofKey(key);
    }
    const { began, found } = this.lookUp(key);
    try {
      return this.noteUse(await answeredBy(began + patienceMs, found));
    } catch (error) {
      if (isUnanswered(error)) {
        return remembered.caller;
      }
      throw error;
    }
  }

  /** Who a key belongs to, when it was looked up seconds ago. */
  recentKey(key: string): KeyCaller | undefined {
    const recent = this.keys.get(key);
    return recent === undefined || this.isOver(recent.caller) ? undefined : this.noteUse(recent.caller);
  }

  /** A grace until 12:00 is over at 12:00. */
  private isOver({ expires_at: end }: { expires_at: Date | null }): boolean {
    return end !== null && end <= this.clock.now();
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

  /**
   * Forgets what was known of a key that was revoked, or is to end: at once here, as fast as Redis is elsewhere, and
   * within the cache's seconds anyway.
   */
  async changed(hash: Buffer): Promise<void> {
    this.forget(hash);
    await this.broadcast.tell(changedTopic, hash.toString('hex'));
  }

  private forget(hash: Buffer): void {
    for (const cache of [this.keys, this.remembered, this.lookups]) {
      for (const [key, cached] of cache.entries()) {
        if (cached.hash.equals(hash)) {
          cache.delete(key);
        }
      }
    }
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.flushing);
    await this.flushLastUsed();
  }

  private lookUp(key: string): Lookup {
    const underWay = this.lookups.get(key);
    if (underWay !== undefined) {
      return underWay;
    }
    if (!isApiKey(key)) {
      throw new CredentialInvalid();
    }
    const hash = hashApiKey(key);
    const lookup: Lookup = { hash, began: performance.now(), found: this.findKey(hash) };
    this.lookups.set(key, lookup);
    void this.keep(key, lookup);
    return lookup;
  }

  /** Keeps what was found, unless the key was revoked meanwhile. Never rejects. */
  private async keep(key: string, lookup: Lookup): Promise<void> {
    const { hash, found } = lookup;
    try {
      const caller = await found;
      if (this.lookups.get(key) === lookup) {
        this.keys.set(key, { hash, caller });
        this.remembered.set(key, { hash, caller });
      }
    } catch (error) {
      if (error instanceof CredentialInvalid) {
        this.remembered.delete(key);
      }
    } finally {
      if (this.lookups.get(key) === lookup) {
        this.lookups.delete(key);
      }
    }
  }

  private async findKey(hash: Buffer): Promise<KeyCaller> {
    const { rows } = await sql<{
      environment_id: string;
      mode: Mode;
      key_id: string;
      key_name: string;
      type: 'secret' | 'publishable';
      expires_at: Date | null;
      revoked_at: Date | null;
      allowed_origins: string[];
    }>`select * from app.authenticate_api_key(${hash})`.execute(this.database.functions);
    const key = rows[0];
    if (key === undefined || key.revoked_at !== null || this.isOver(key)) {
      throw new CredentialInvalid();
    }
    return {
      kind: 'api_key',
      environment_id: key.environment_id,
      mode: key.mode,
      key_id: key.key_id,
      key_name: key.key_name,
      key_type: key.type,
      expires_at: key.expires_at,
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
