import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import pg from 'pg';
import { sql } from 'kysely';
import { Env } from '../../src/env.ts';
import { Database } from '../../src/platform/database/database.ts';
import { Log } from '../../src/platform/log.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';
import { fillVictim, type Victim } from './victim.ts';

let stack: TestStack;
let a: Victim;
let b: Victim;
/** As the API connects. */
let api: pg.Client;
/** The tables that the API may read. */
let readable: string[];

beforeAll(async () => {
  stack = await startStack({ worker: false, webhooks: false });
  [a, b] = [await fillVictim(stack), await fillVictim(stack)];
  api = new pg.Client({ connectionString: stack.database.apiUrl });
  await api.connect();
  readable = await column(
    `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
     and has_table_privilege('billingos_api', oid, 'select') order by 1`,
  );
});
afterAll(async () => {
  await api.end();
  await stack.close();
});

// SEC-2
describe('row-level security', () => {
  it('is on, forced and has a policy on every table, partitions included', async () => {
    const { rows } = await stack.database.owner.query(
      `select relname, relrowsecurity, relforcerowsecurity,
              exists (select from pg_policy where polrelid = c.oid) as has_policy
       from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')`,
    );

    expect(rows.length).toBeGreaterThan(25);
    expect(rows.some(({ relname }) => relname.startsWith('usage_events_'))).toBe(true);
    expect(rows.filter((row) => !row.relrowsecurity || !row.relforcerowsecurity || !row.has_policy)).toEqual(
      [],
    );
  });

  it('reads the tenant so that an unset and a reset setting both mean nobody', async () => {
    const policies = await column(
      `select polrelid::regclass || ': ' || pg_get_expr(polqual, polrelid) from pg_policy
       where polname = 'tenant' and pg_get_expr(polqual, polrelid)
         not like '%environment_id = ( SELECT app.environment_id()%'`,
    );
    expect(policies).toEqual([]);

    await api.query(`begin; select set_config('app.environment_id', '${a.environment_id}', true); commit`);
    const { rows } = await api.query(
      `select current_setting('app.environment_id', true) as setting, app.environment_id() as environment_id`,
    );
    expect(rows).toEqual([{ setting: '', environment_id: null }]);
  });

  it('shows no row of any table to who names no tenant', async () => {
    const seen: Record<string, number> = {};
    for (const table of readable) {
      seen[table] = (await api.query(`select 1 from ${table}`)).rowCount ?? 0;
    }

    expect(Object.values(seen).every((count) => count === 0)).toBe(true);
    expect(readable.length).toBeGreaterThan(20);
  });

  it('shows a tenant its own rows of every table and nobody else’s', async () => {
    const filled: string[] = [];
    for (const table of await tenantTables()) {
      const { rows } = await asTenant(a, `select environment_id from ${table}`);
      expect(rows.every((row) => row.environment_id === a.environment_id)).toBe(true);
      if (rows.length > 0) {
        filled.push(table);
      }
    }

    // What stays empty here proves nothing: name it.
    const empty = (await tenantTables()).filter((table) => !filled.includes(table));
    expect(empty).toEqual(
      [
        'coupons',
        'credit_allowances',
        'credit_draws',
        'credit_top_ups',
        'customer_spend_caps',
        'entitlement_overrides',
        'plan_credits',
        'plan_migration_items',
        'plan_migrations',
        'quota_alerts',
        'request_idempotency',
        'request_rollups_due',
        'scheduled_changes',
        'spend_cap_alerts',
        'subscription_discounts',
        'subscription_settings',
        'trials',
        'usage_billed',
        'usage_carries',
        'usage_forwards',
        'usage_unique_values',
        'usage_windows',
      ].filter((table) => empty.includes(table)),
    );
  });

  it('refuses a tenant to write a row of another, in every table it may write', async () => {
    const accepted: string[] = [];
    let refused = 0;
    const attempt = async (table: string, statement: string, values: unknown[]) => {
      const error = await asTenant(a, statement, values).then(
        () => undefined,
        (reason: unknown) => String(reason),
      );
      if (error?.includes('row-level security') === true) {
        refused += 1;
      } else {
        accepted.push(`${table}: ${error ?? 'accepted'}`);
      }
    };

    for (const table of await tenantTables()) {
      const { rows } = await stack.database.owner.query(
        `select to_jsonb(t) as row from ${table} t where environment_id = $1 limit 1`,
        [b.environment_id],
      );
      const row = rows[0]?.row ?? { environment_id: b.environment_id };
      if (await may('insert', table)) {
        const columns = await columnsToWrite(table);
        const copy = `insert into ${table} (${columns}) select ${columns} from jsonb_populate_record(null::${table}, $1)`;
        await attempt(table, copy, [row]);
      }
      if (rows.length > 0 && (await may('update', `${table}.environment_id`))) {
        await attempt(table, `update ${table} set environment_id = $1`, [b.environment_id]);
      }
    }

    expect(accepted).toEqual([]);
    expect(refused).toBeGreaterThan(30);
  });

  /** All but those that the database fills in itself. */
  async function columnsToWrite(table: string): Promise<string> {
    const { rows } = await stack.database.owner.query<{ columns: string }>(
      `select string_agg(quote_ident(attname), ', ' order by attnum) as columns from pg_attribute
       where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
      [table],
    );
    return rows[0]?.columns ?? '';
  }

  it('never mixes tenants, when many share two connections', async () => {
    const env = Env.read({ ...process.env, DATABASE_POOL_MAX: '2' });
    const database = new Database(env, new Log(env));
    const turns = Array.from({ length: 200 }, (_, i) => [a, b][i % 2] ?? a);

    const seen = await Promise.all(
      turns.map((tenant) =>
        database.tenant(tenant.environment_id, async () => {
          const ids = await database.q.selectFrom('customers').select('environment_id').execute();
          await sql`select pg_sleep(0.001)`.execute(database.q);
          const own = await database.q.selectFrom('api_keys').select('environment_id').execute();
          return new Set([...ids, ...own].map((row) => row.environment_id));
        }),
      ),
    );
    const afterwards = await database.functions.selectFrom('customers').select('id').execute();
    await database.onApplicationShutdown();

    expect(seen).toEqual(turns.map((tenant) => new Set([tenant.environment_id])));
    expect(afterwards).toEqual([]);
  });

  it('refuses a transaction of another tenant inside an open one', async () => {
    const database = stack.app.get(Database);

    const nested = database.tenant(a.environment_id, () =>
      database.tenant(b.environment_id, () => Promise.resolve()),
    );

    await expect(nested).rejects.toThrow(/cannot join/);
  });
});

describe('the role of the API', () => {
  it('owns nothing, bypasses nothing and may create nothing', async () => {
    const { rows } = await stack.database.owner.query(
      `select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,
              (select count(*)::int from pg_class where relowner = r.oid) as relations,
              (select count(*)::int from pg_proc where proowner = r.oid) as functions,
              (select count(*)::int from pg_auth_members where member = r.oid) as memberships,
              has_schema_privilege(r.oid, 'public', 'create') as creates_in_public,
              has_schema_privilege(r.oid, 'app', 'create') as creates_in_app
       from pg_roles r where rolname = 'billingos_api'`,
    );

    expect(rows).toEqual([
      {
        rolsuper: false,
        rolbypassrls: false,
        rolcreaterole: false,
        rolcreatedb: false,
        rolreplication: false,
        relations: 0,
        functions: 0,
        memberships: 0,
        creates_in_public: false,
        creates_in_app: false,
      },
    ]);
  });

  it('can neither change nor delete what is written for ever', async () => {
    const forEver = ['audit_log', 'usage_events', 'usage_keys', 'request_logs', 'quota_alerts'];
    for (const table of forEver) {
      expect(await may('update', table), table).toBe(false);
      expect(await may('delete', table), table).toBe(false);
    }
    const truncatable = await column(
      `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
       and has_table_privilege('billingos_api', oid, 'truncate')`,
    );
    expect(truncatable).toEqual([]);
  });

  it('calls functions of the owner that have a fixed search path, and none other', async () => {
    const loose = await column(
      `select p.oid::regprocedure::text from pg_proc p
       where pronamespace in ('app'::regnamespace, 'public'::regnamespace) and prosecdef
         and not exists (select from unnest(proconfig) as setting where setting like 'search_path=%')`,
    );
    const inPublic = await column(
      `select oid::regprocedure::text from pg_proc where pronamespace = 'public'::regnamespace`,
    );

    expect(loose).toEqual([]);
    expect(inPublic).toEqual([]);
  });

  it('is described completely where the functions that serve several tenants are listed', async () => {
    const listed = readFileSync(new URL('../../../../docs/security.md', import.meta.url), 'utf8');
    const functions = await column(
      `select proname from pg_proc where pronamespace = 'app'::regnamespace and prosecdef order by 1`,
    );

    expect(functions.filter((name) => !new RegExp(`\\b${name}\\b`).test(listed))).toEqual([]);
  });
});

describe('the roles of the REST port', () => {
  it.each(['anon', 'authenticated'])(
    '%s may do nothing with any table, view, sequence or function',
    async (role) => {
      const tables = await column(
        `select relname from pg_class where relnamespace in ('public'::regnamespace, 'app'::regnamespace)
       and relkind in ('r', 'p', 'v', 'm', 'f')
       and has_table_privilege('${role}', oid, 'select, insert, update, delete, truncate, references, trigger')`,
      );
      const functions = await column(
        `select oid::regprocedure::text from pg_proc
       where pronamespace = 'app'::regnamespace and has_function_privilege('${role}', oid, 'execute')`,
      );
      const schema = await column(`select nspname from pg_namespace
       where nspname = 'app' and has_schema_privilege('${role}', oid, 'usage')`);

      expect({ tables, functions, schema }).toEqual({ tables: [], functions: [], schema: [] });
    },
  );

  it.each(['anon', 'authenticated'])(
    '%s may do nothing with a partition that is made later',
    async (role) => {
      await stack.database.owner.query(`select app.ensure_usage_partitions('2031-05-15T00:00:00Z')`);

      const { rows } = await stack.database.owner.query(
        `select has_table_privilege('${role}', 'usage_events_2031_05', 'select, insert, update, delete') as any,
              relrowsecurity and relforcerowsecurity as guarded
       from pg_class where relname = 'usage_events_2031_05'`,
      );

      expect(rows).toEqual([{ any: false, guarded: true }]);
    },
  );
});

async function asTenant(tenant: Victim, statement: string, values: unknown[] = []) {
  await api.query('begin');
  try {
    await api.query(`select set_config('app.environment_id', $1, true)`, [tenant.environment_id]);
    return await api.query(statement, values);
  } finally {
    await api.query('rollback');
  }
}

/** Whether the API's role may do it to a table, or to `table.column`. */
async function may(privilege: 'insert' | 'update' | 'delete', target: string): Promise<boolean> {
  const [table, column] = target.split('.');
  const { rows } = await stack.database.owner.query(
    column === undefined
      ? `select has_table_privilege('billingos_api', '${table}', '${privilege}') as allowed`
      : `select has_column_privilege('billingos_api', '${table}', '${column}', '${privilege}') as allowed`,
  );
  return rows[0].allowed;
}

function tenantTables(): Promise<string[]> {
  return column(
    `select c.relname from pg_class c
     join pg_attribute att on att.attrelid = c.oid and att.attname = 'environment_id' and not att.attisdropped
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
       and has_table_privilege('billingos_api', c.oid, 'select') order by 1`,
  );
}

async function column(statement: string): Promise<string[]> {
  const { rows } = await stack.database.owner.query<Record<string, string>>(statement);
  return rows.map((row) => Object.values(row)[0] ?? '');
}
