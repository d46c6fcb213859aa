import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import pg from 'pg';
import { Env } from '../../env.ts';
import { Log } from '../log.ts';
import { postgresTypes } from './postgres-types.ts';
import type { DB } from './schema.gen.ts';

const statementTimeoutMs = 5_000;
const connectTimeoutMs = 3_000;

interface OpenTransaction {
  scope: string;
  transaction: Transaction<DB>;
  afterCommit: (() => Promise<void> | void)[];
}

/**
 * Postgres, as the API's role: row-level security applies to every statement.
 *
 * Tenant data is reached through `q` inside `tenant()` only; what serves several tenants goes through the
 * `app.*` functions with `functions`. Nested calls join the open transaction; a joined call's error must not be
 * caught, or half of its writes would commit.
 */
@Injectable()
export class Database implements OnApplicationShutdown {
  readonly pool: pg.Pool;
  private readonly root: Kysely<DB>;
  private readonly open = new AsyncLocalStorage<OpenTransaction>();

  constructor(env: Env, log: Log) {
    this.pool = new pg.Pool({
      connectionString: env.get('DATABASE_URL'),
      max: env.get('DATABASE_POOL_MAX'),
      connectionTimeoutMillis: connectTimeoutMs,
      statement_timeout: statementTimeoutMs,
      // A little more patient than the server: only a server that does not answer at all runs into it.
      query_timeout: statementTimeoutMs + 1_000,
      application_name: 'billingos',
      types: postgresTypes,
    });
    // A broken connection is replaced by the pool. Without a listener it would end the process: the pool listens to
    // idle ones only, and one in use may break between two statements of a transaction.
    const lost = (error: Error): void => log.warn('database.connection_lost', { error });
    this.pool.on('error', lost);
    this.pool.on('connect', (client) => client.on('error', lost));
    this.root = new Kysely<DB>({ dialect: new PostgresDialect({ pool: this.pool }) });
  }

  /** Runs `work` in a transaction that sees and writes one environment's rows. */
  tenant<T>(environmentId: string, work: () => Promise<T>): Promise<T> {
    return this.scoped(`environment ${environmentId}`, 'app.environment_id', environmentId, work);
  }

  /** Runs `work` in a transaction that sees the merchants, memberships and environments of one user. */
  account<T>(userId: string, work: () => Promise<T>): Promise<T> {
    return this.scoped(`user ${userId}`, 'app.user_id', userId, work);
  }

  /** The open transaction. Throws outside of `tenant` and `account`. */
  get q(): Transaction<DB> {
    const current = this.open.getStore();
    if (current === undefined) {
      throw new Error(
        'SQL on tenant data needs an open transaction: wrap it in database.tenant(environmentId, …).',
      );
    }
    return current.transaction;
  }

  /** For `app.*` functions, which serve several tenants in one statement. Inside a transaction, part of it. */
  get functions(): Kysely<DB> {
    return this.open.getStore()?.transaction ?? this.root;
  }

  get isTransactionOpen(): boolean {
    return this.open.getStore() !== undefined;
  }

  /**
   * Runs `effect` once the open transaction has committed, and not at all if it rolls back. For copies of the truth
   * (caches) only: an effect can be lost in a crash, so whatever must happen is a job.
   */
  afterCommit(effect: () => Promise<void> | void): void {
    const current = this.open.getStore();
    if (current === undefined) {
      throw new Error('afterCommit needs an open transaction.');
    }
    current.afterCommit.push(effect);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.root.destroy();
  }

  private async scoped<T>(scope: string, setting: string, value: string, work: () => Promise<T>): Promise<T> {
    const current = this.open.getStore();
    if (current !== undefined) {
      if (current.scope !== scope) {
        throw new Error(`A transaction of ${current.scope} is open; ${scope} cannot join it.`);
      }
      return work();
    }

    const afterCommit: OpenTransaction['afterCommit'] = [];
    const result = await this.root.transaction().execute(async (transaction) => {
      await sql`select set_config(${setting}, ${value}, true)`.execute(transaction);
      return this.open.run({ scope, transaction, afterCommit }, work);
    });
    for (const effect of afterCommit) {
      await effect();
    }
    return result;
  }
}
