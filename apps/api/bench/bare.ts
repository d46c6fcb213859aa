// What the API is compared with: Fastify with nothing on it, in a process of its own.
import Fastify from 'fastify';
import { Redis } from 'ioredis';
import pg from 'pg';

interface Event {
  idempotency_key: string;
  customer: string;
  meter: string;
  value: number;
}

const redis = new Redis(process.env['REDIS_URL'] ?? '');
const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'] ?? '' });
const server = Fastify();

server.get<{ Querystring: { customer: string } }>('/check', async (request, reply) => {
  const value = await redis.get(`bare:${request.query.customer}`);
  return reply.header('content-type', 'application/json; charset=utf-8').send(value);
});

server.post<{ Body: Event }>('/track', async (request) => ({
  id: 'evt',
  idempotency_key: request.body.idempotency_key,
  status: 'accepted',
}));

/** The least that can be called tracking: events of concurrent requests stored, once by key, and counted in one statement. */
const record = `
  with fresh as (
    insert into bare_events (key, customer, meter, value)
    select * from unnest($1::text[], $2::text[], $3::text[], $4::numeric[])
    on conflict do nothing
    returning key, customer, meter, value
  ), counted as (
    insert into bare_totals (customer, meter, value)
    select customer, meter, sum(value) from fresh group by 1, 2 order by 1, 2
    on conflict (customer, meter) do update set value = bare_totals.value + excluded.value
  )
  select key from fresh`;

let waiting: { event: Event; stored(isFresh: boolean): void }[] = [];
let commits = 0;

/** What comes while two commits are under way goes with the next one. */
async function commitNext(): Promise<void> {
  while (waiting.length > 0 && commits < 2) {
    const together = waiting;
    waiting = [];
    commits += 1;
    const column = <K extends keyof Event>(name: K): Event[K][] => together.map(({ event }) => event[name]);
    const { rows } = await pool.query<{ key: string }>(record, [
      column('idempotency_key'),
      column('customer'),
      column('meter'),
      column('value'),
    ]);
    commits -= 1;
    const fresh = new Set(rows.map(({ key }) => key));
    together.forEach(({ event, stored }) => stored(fresh.has(event.idempotency_key)));
  }
}

server.post<{ Body: Event }>('/commit', async (request) => {
  const isFresh = await new Promise<boolean>((stored) => {
    waiting.push({ event: request.body, stored });
    setImmediate(() => void commitNext());
  });
  return {
    id: 'evt',
    idempotency_key: request.body.idempotency_key,
    status: isFresh ? 'accepted' : 'duplicate',
  };
});

await pool.query(`
  create table if not exists bare_events (
    key text primary key, customer text not null, meter text not null, value numeric not null,
    received_at timestamptz not null default now());
  create table if not exists bare_totals (
    customer text not null, meter text not null, value numeric not null, primary key (customer, meter))`);
await server.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' });
