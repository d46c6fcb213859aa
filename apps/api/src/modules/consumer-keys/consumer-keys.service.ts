import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { hashApiKey, type Mode, newConsumerKey } from '../../platform/auth/api-key.ts';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { newId } from '../../platform/ids.ts';
import { AuditService } from '../audit/audit.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { ExpiryNotAhead } from '../entitlements/entitlements.errors.ts';
import { ConsumerKeyNotFound } from './consumer-keys.errors.ts';
import { ConsumerKeysRepository, type KeyChange } from './consumer-keys.repository.ts';
import {
  type createConsumerKey,
  consumerKey as consumerKeySchema,
  type listConsumerKeys,
  type updateConsumerKey,
  type updateConsumerKeySettings,
} from './consumer-keys.schemas.ts';
import { KnownKeys } from './known-keys.ts';
import { ProjectsService } from './projects.service.ts';
import { columnsOf, rateLimitOf } from './rate-limit-columns.ts';

const defaultPrefix = 'bos_ck';
/** Of `acme_live_AbCd…`: the words and four random characters. */
const shownMax = 4;
const randomLength = 39;

/** What a key is made of, beside its secret. */
export interface KeyWish {
  customer_id: string;
  project_id: string | null;
  name: string;
  scopes: string[];
  meta: Record<string, string>;
  rate_limit: z.output<typeof createConsumerKey>['rate_limit'];
  expires_at: Date | null;
}

@Injectable()
export class ConsumerKeysService {
  constructor(
    private readonly database: Database,
    private readonly keys: ConsumerKeysRepository,
    private readonly known: KnownKeys,
    private readonly customers: CustomersService,
    private readonly projects: ProjectsService,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  list(environmentId: string, { customer, project, ...page }: z.output<typeof listConsumerKeys>) {
    return this.database.tenant(environmentId, async () => {
      const customerId =
        customer === undefined
          ? undefined
          : (await this.customers.get(environmentId, customer, 'customer')).id;
      const projectId =
        project === undefined
          ? undefined
          : (await this.projects.get(environmentId, project, { param: 'project' })).id;
      const rows = await this.keys.list(environmentId, {
        ...page,
        customer_id: customerId,
        project_id: projectId,
      });
      return rows.map(asKey);
    });
  }

  /** Throws `ConsumerKeyNotFound`. */
  get(environmentId: string, id: string) {
    return this.database.tenant(environmentId, async () => {
      const row = await this.keys.find(environmentId, id);
      if (row === undefined) {
        throw new ConsumerKeyNotFound(id);
      }
      return asKey(row);
    });
  }

  /** As `get`, in the open transaction, locking the key until it ends. */
  async lock(environmentId: string, id: string) {
    const row = await this.keys.lock(environmentId, id);
    if (row === undefined) {
      throw new ConsumerKeyNotFound(id);
    }
    return asKey(row);
  }

  /** Makes a key. `secret` in the answer is the only place it ever stands. Throws `ExpiryNotAhead`. */
  create(environmentId: string, mode: Mode, wish: z.output<typeof createConsumerKey>) {
    if (wish.expires_at !== null && wish.expires_at <= this.clock.now()) {
      throw new ExpiryNotAhead();
    }
    return this.database.tenant(environmentId, async () => {
      const { customer: reference, project: projectId, ...rest } = wish;
      const customer = await this.customers.get(environmentId, reference, 'customer');
      if (projectId !== null) {
        await this.projects.get(environmentId, projectId, { param: 'project', customerId: customer.id });
      }
      const created = await this.insert(environmentId, mode, {
        ...rest,
        customer_id: customer.id,
        project_id: projectId,
      });
      await this.audit.record(environmentId, {
        action: 'consumer_key.created',
        target: { type: 'consumer_key', id: created.id },
        after: {
          customer: customer.id,
          project: projectId,
          scopes: wish.scopes,
          expires_at: wish.expires_at,
        },
      });
      return created;
    });
  }

  update(environmentId: string, id: string, change: z.output<typeof updateConsumerKey>) {
    return this.database.tenant(environmentId, async () => {
      const before = await this.lock(environmentId, id);
      const { meta, rate_limit: limit, name, scopes, enabled, expires_at: expiresAt } = change;
      await this.change(environmentId, id, {
        ...(name === undefined ? {} : { name }),
        ...(scopes === undefined ? {} : { scopes }),
        ...(enabled === undefined ? {} : { enabled }),
        ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
        ...(meta === undefined ? {} : { meta: JSON.stringify(meta) }),
        ...(limit === undefined ? {} : columnsOf(limit)),
      });
      await this.audit.record(environmentId, {
        action: 'consumer_key.updated',
        target: { type: 'consumer_key', id },
        before: { scopes: before.scopes, enabled: before.enabled, expires_at: before.expires_at },
        // Of meta only that it changed: it is the merchant's, and may say who somebody is.
        after: { ...change, ...(meta === undefined ? {} : { meta: Object.keys(meta) }) },
      });
      return this.get(environmentId, id);
    });
  }

  /** Revokes a key: at once here, within seconds in every other process. One that was revoked keeps its time. */
  revoke(environmentId: string, id: string) {
    return this.database.tenant(environmentId, async () => {
      const before = await this.lock(environmentId, id);
      if (before.revoked_at === null) {
        await this.change(environmentId, id, { revoked_at: this.clock.now() });
      }
      await this.audit.record(environmentId, {
        action: 'consumer_key.revoked',
        target: { type: 'consumer_key', id },
      });
      return this.get(environmentId, id);
    });
  }

  async settings(environmentId: string) {
    const row = await this.database.tenant(environmentId, () => this.keys.findSettings(environmentId));
    return {
      key_prefix: row?.key_prefix ?? defaultPrefix,
      key_rate_limit: rateLimitOf(row?.key_limit ?? null, row?.key_window_seconds ?? null),
      customer_rate_limit: rateLimitOf(row?.customer_limit ?? null, row?.customer_window_seconds ?? null),
    };
  }

  /** Changes what the body names. Verifications keep to it within seconds. */
  updateSettings(environmentId: string, change: z.output<typeof updateConsumerKeySettings>) {
    return this.database.tenant(environmentId, async () => {
      const row = await this.keys.findSettings(environmentId);
      const before = await this.settings(environmentId);
      const { key_prefix: prefix = row?.key_prefix ?? null } = change;
      const key = change.key_rate_limit === undefined ? before.key_rate_limit : change.key_rate_limit;
      const customer =
        change.customer_rate_limit === undefined ? before.customer_rate_limit : change.customer_rate_limit;
      await this.keys.saveSettings(environmentId, {
        key_prefix: prefix,
        key_limit: key?.limit ?? null,
        key_window_seconds: key?.window_seconds ?? null,
        customer_limit: customer?.limit ?? null,
        customer_window_seconds: customer?.window_seconds ?? null,
        updated_at: this.clock.now(),
      });
      await this.audit.record(environmentId, {
        action: 'consumer_key_settings.updated',
        target: { type: 'environment', id: environmentId },
        before,
        after: change,
      });
      return this.settings(environmentId);
    });
  }

  /** In the open transaction: a new key and its secret. */
  async insert(environmentId: string, mode: Mode, { rate_limit: limit, meta, ...wish }: KeyWish) {
    const { key_prefix: prefix } = await this.settings(environmentId);
    const secret = newConsumerKey(prefix, mode);
    const now = this.clock.now();
    const id = newId('consumer_key');
    await this.keys.insert(environmentId, {
      id,
      ...wish,
      ...columnsOf(limit),
      meta: JSON.stringify(meta),
      prefix: secret.slice(0, secret.length - randomLength + shownMax),
      last4: secret.slice(-4),
      hash: hashApiKey(secret),
      created_at: now,
      updated_at: now,
    });
    return { ...(await this.get(environmentId, id)), secret };
  }

  /** In the open transaction. After its commit no verification here is answered from before. */
  async change(environmentId: string, id: string, change: KeyChange): Promise<void> {
    const { hash, version } = await this.keys.update(environmentId, id, change, this.clock.now());
    this.database.afterCommit(() => this.known.changed(environmentId, hash, version));
  }
}

type KeyRow = Awaited<ReturnType<ConsumerKeysRepository['list']>>[number];

function asKey(row: KeyRow) {
  const { project_id: projectId, project_name: projectName } = row;
  return {
    ...row,
    customer: { id: row.customer_id, external_id: row.external_id },
    project: projectId === null || projectName === null ? null : { id: projectId, name: projectName },
    meta: consumerKeySchema.shape.meta.parse(row.meta),
    rate_limit: rateLimitOf(row.rate_limit, row.rate_window_seconds),
  };
}
