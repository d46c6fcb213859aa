import { Redis } from 'ioredis';
import pg from 'pg';
import { hashApiKey, newApiKey } from '../src/platform/auth/api-key.ts';

/** Every customer is subscribed to a plan with a metered feature of the key `api_calls`. */
export const customers = 1_000;
/** With those that `seedMany` adds. */
export const manyCustomers = 1_000_000;

/** Fills a migrated database with one environment, and Redis with what the bare server reads. Returns a secret key. */
export async function seed(ownerUrl: string, redisUrl: string): Promise<string> {
  const key = newApiKey('secret', 'test');
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query(catalog);
    await client.query(
      `insert into api_keys values ('env', 'key', 'secret', 'bench', 'bos_sk_test_', 'last', $1, now())`,
      [hashApiKey(key)],
    );
    await insertCustomers(client, 1, customers);
  } finally {
    await client.end();
  }

  const redis = new Redis(redisUrl);
  const pipeline = redis.pipeline();
  for (let i = 1; i <= customers; i++) {
    pipeline.set(`bare:user_${i}`, JSON.stringify({ allowed: true, used: 0, limit: 1_000_000_000 }));
  }
  await pipeline.exec();
  await redis.quit();
  return key;
}

/** Adds customers until there are a million. */
export async function seedMany(ownerUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    // What the statements below insert refers to what they have inserted: not checked again, row by row.
    await client.query('set session_replication_role = replica; set synchronous_commit = off');
    await insertCustomers(client, customers + 1, manyCustomers);
  } finally {
    await client.end();
  }
}

async function insertCustomers(client: pg.Client, from: number, to: number): Promise<void> {
  for (const statement of subscribedCustomers) {
    await client.query(statement, [from, to]);
  }
  await client.query('analyze');
}

const catalog = `
insert into merchants values ('mer', 'bench', 'Bench', now());
insert into environments (id, merchant_id, slug, name, mode, created_at)
  values ('env', 'mer', 'test', 'Test', 'test', now());
insert into meters (environment_id, id, key, name, aggregation, created_at)
  values ('env', 'mtr', 'api_calls', 'API calls', 'sum', now());
insert into features values ('env', 'feat', 'api_calls', 'API calls', 'metered', 'mtr', now());
insert into plans (environment_id, id, key, name, "group", rank, created_at)
  values ('env', 'plan', 'pro', 'Pro', 'default', 1, now());
insert into plan_versions values ('env', 'ver', 'plan', 1, now(), now());`;

const subscribedCustomers = [
  `insert into customers (environment_id, id, external_id, created_at, updated_at)
   select 'env', 'cus_' || i, 'user_' || i, now(), now() from generate_series($1::int, $2::int) i`,
  `insert into subscriptions (environment_id, id, customer_id, plan_id, plan_version_id, "group", status,
     stripe_subscription_id, billing_anchor, current_period_start, current_period_end, created_at, updated_at)
   select 'env', 'sub_' || i, 'cus_' || i, 'plan', 'ver', 'default', 'active', 'sub_' || i, now(), now(),
     now() + interval '1 month', now(), now()
   from generate_series($1::int, $2::int) i`,
  `insert into entitlements (environment_id, id, customer_id, feature_id, subscription_id, "limit", overage, rank,
     suspended, billing_anchor, interval, interval_count, granted_at)
   select 'env', 'ent_' || i, 'cus_' || i, 'feat', 'sub_' || i, 1000000000, 'block', 1, false, now(), 'month', 1, now()
   from generate_series($1::int, $2::int) i`,
];
