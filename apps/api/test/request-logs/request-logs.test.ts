import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RequestLogsService } from '../../src/modules/request-logs/request-logs.service.ts';
import { type Json, startApi, type Tenant, type TestApi } from '../fixtures/api.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

let api: TestApi;
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

/** A tenant of its own, at noon of this day. */
const noon = new Date(Math.floor(Date.now() / day) * day + 12 * hour);
async function newTenant(): Promise<void> {
  api.setTime(new Date());
  tenant = await api.newTenant();
  await tenant.asServer('POST', 'customers', { external_id: 'user_42' });
  api.setTime(noon);
}

const call = (more: Json = {}): Json => ({
  endpoint: '/users/42',
  method: 'GET',
  status_code: 200,
  response_time_ms: 10,
  customer: 'user_42',
  ...more,
});

async function track(...calls: Json[]): Promise<Json[]> {
  const { status, body } = await tenant.asServer('POST', 'track', { requests: calls });
  expect(status, JSON.stringify(body)).toBe(200);
  return body['results'];
}

const rollUp = () => api.app.get(RequestLogsService).rollUp();

async function summary(query = ''): Promise<Json> {
  const { status, body } = await tenant.asServer('GET', `requests/summary?${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

const rollups = async (): Promise<Json[]> => {
  const { rows } = await api.database.owner.query<Json>(
    `select * from request_rollups where environment_id = $1 order by unit, bucket, endpoint, customer_id`,
    [tenant.environment_id],
  );
  return rows;
};

describe('a logged call', () => {
  beforeAll(newTenant);

  it('is stored when it is answered, without what names somebody', async () => {
    const { status, body } = await tenant.asServer(
      'POST',
      'track',
      call({ endpoint: 'https://api.acme.com/users/42?token=secret' }),
    );
    const list = await tenant.asServer('GET', 'requests?customer=user_42');

    expect(status).toBe(200);
    expect(list.body['data'][0]).toMatchObject({
      id: body['id'],
      endpoint: '/users/:id',
      method: 'GET',
      status_code: 200,
      response_time_ms: 10,
      timestamp: noon.toISOString(),
    });
  });

  it('is of its key’s customer and project', async () => {
    const project = await tenant.asServer('POST', 'projects', { customer: 'user_42', name: 'App' });
    const key = await tenant.asServer('POST', 'keys', {
      customer: 'user_42',
      name: 'Production',
      project: project.body['id'],
    });
    await track(call({ key: key.body['id'], customer: undefined, endpoint: '/by-key' }));

    const byKey = await tenant.asServer('GET', `requests?key=${key.body['id']}`);
    const byProject = await tenant.asServer('GET', `requests?project=${project.body['id']}`);

    expect(byKey.body['data']).toMatchObject([{ endpoint: '/by-key', project: project.body['id'] }]);
    expect(byProject.body['data']).toEqual(byKey.body['data']);
    expect(byKey.body['data'][0].customer).toMatch(/^cus_/);
  });

  it('creates a customer that was not seen before', async () => {
    await track(call({ customer: 'user_new' }));
    expect((await tenant.asServer('GET', 'customers/user_new')).status).toBe(200);
  });

  it('is logged once per idempotency key, however often and at once it is sent', async () => {
    const same = call({ idempotency_key: 'once', endpoint: '/once' });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => tenant.asServer('POST', 'track', same)),
    );
    const again = await track(same, same);
    const list = await tenant.asServer('GET', 'requests?endpoint=/once');

    expect(answers.filter(({ body }) => body['status'] === 'accepted').length).toBe(1);
    expect(new Set([...answers.map(({ body }) => body['id']), ...again.map(({ id }) => id)]).size).toBe(1);
    expect(list.body['data'].length).toBe(1);
  });

  it('that is bad is rejected with its reason, and its neighbours are logged', async () => {
    const results = await track(
      call({ endpoint: '/neighbour' }),
      call({ status_code: 99 }),
      call({ response_time_ms: -1 }),
      call({ method: 'BREW' }),
      call({ key: 'ckey_unknown' }),
      call({ customer: `cus_${'0'.repeat(32)}` }),
      call({ customer: 'external:' }),
      call({ project: 'proj_unknown' }),
      call({ timestamp: new Date(noon.getTime() - day - 1).toISOString() }),
      call({ timestamp: new Date(noon.getTime() + 6 * minute).toISOString() }),
      call({ endpoint: '/neighbour' }),
    );

    expect(results.map(({ status, error }) => error?.code ?? status)).toEqual([
      'accepted',
      'invalid_request',
      'invalid_request',
      'invalid_request',
      'log_key_unknown',
      'log_customer_unknown',
      'invalid_request',
      'log_project_unknown',
      'log_time_out_of_range',
      'log_time_out_of_range',
      'accepted',
    ]);
    expect((await tenant.asServer('GET', 'requests?endpoint=/neighbour')).body['data'].length).toBe(2);
  });

  it('is found by status class and time, page after page', async () => {
    await track(...[200, 201, 404, 500].map((status_code) => call({ status_code, endpoint: '/paged' })));
    const list = async (query: string): Promise<Json> =>
      (await tenant.asServer('GET', `requests?endpoint=/paged&${query}`)).body;
    const first = await list('limit=3');
    const second = await list(`limit=3&cursor=${first['next_cursor']}`);

    expect((await list('status=2xx'))['data'].map(({ status_code: status }: Json) => status)).toEqual([
      201, 200,
    ]);
    expect((await list(`to=${noon.toISOString()}`))['data']).toEqual([]);
    expect((await list(`from=${noon.toISOString()}`))['data'].length).toBe(4);
    expect([...first['data'], ...second['data']].map(({ status_code: status }: Json) => status)).toEqual([
      500, 404, 201, 200,
    ]);
  });
});

describe('a summary', () => {
  beforeAll(newTenant);

  it('has calls, errors and response times, in all, over time and by group', async () => {
    // 1 to 100 ms on one endpoint an hour ago, ten calls of 1,000 ms on another now, of which two fail each way.
    const ago = new Date(noon.getTime() - hour).toISOString();
    await track(
      ...Array.from({ length: 100 }, (_, i) =>
        call({ endpoint: '/fast', response_time_ms: i + 1, timestamp: ago }),
      ),
    );
    await track(
      ...[200, 200, 200, 200, 200, 200, 404, 422, 500, 503].map((status_code) =>
        call({ endpoint: '/slow', response_time_ms: 1_000, status_code, customer: 'user_43' }),
      ),
    );
    await rollUp();

    const all = await summary();

    expect(all['totals']).toMatchObject({ calls: 110, errors_4xx: 2, errors_5xx: 2, max_ms: 1_000 });
    // (5,050 + 10,000) / 110
    expect(all['totals'].mean_ms).toBe(136.818);
    expect(all['totals'].rate_4xx).toBeCloseTo(2 / 110, 10);
    expect(all['totals'].p99_ms).toBeCloseTo(1_000, -1);
    expect(all['over_time']).toMatchObject([
      { start: ago, calls: 100, errors_4xx: 0 },
      { start: noon.toISOString(), calls: 10, errors_5xx: 2 },
    ]);
    expect(all['top'].map(({ value, calls }: Json) => [value, calls])).toEqual([
      ['/fast', 100],
      ['/slow', 10],
    ]);
    // The 95th percentile of 1 … 100, to 1 %.
    expect(all['top'][0].p95_ms).toBeGreaterThan(94.05);
    expect(all['top'][0].p95_ms).toBeLessThan(95.95);
    expect((await summary('group_by=customer'))['top'].length).toBe(2);
    expect((await summary('customer=user_43'))['totals'].calls).toBe(10);
    expect((await summary('endpoint=/fast&interval=month'))['over_time']).toMatchObject([{ calls: 100 }]);
    expect(
      (await summary('interval=minute&from=' + new Date(noon.getTime() - minute).toISOString()))['totals']
        .calls,
    ).toBe(10);
  });

  it('counts a late call in its hour, and adding up again changes nothing', async () => {
    const late = new Date(noon.getTime() - 23 * hour);
    await track(call({ endpoint: '/late', timestamp: late.toISOString() }));
    await rollUp();
    const once = await rollups();
    await track(call({ endpoint: '/late', timestamp: late.toISOString() }));
    await rollUp();
    const twice = await rollups();
    // As if every minute had got calls again.
    await api.database.owner.query(
      `insert into request_rollups_due select distinct environment_id, 'again', date_trunc('minute', occurred_at) from request_logs`,
    );
    await rollUp();

    expect((await summary('endpoint=/late'))['over_time']).toMatchObject([
      { start: late.toISOString(), calls: 2 },
    ]);
    expect(await rollups()).toEqual(twice);
    expect(once.length).toBe(twice.length);
  });

  it('is the same at every grain as what the calls add up to', async () => {
    const { rows } = await api.database.owner.query<Json>(
      `select r.unit, sum(r.calls)::int as calls, sum(r.total_ms)::float as total, sum(b.calls)::int as binned
       from request_rollups r
       cross join lateral (select sum(c) as calls from unnest(r.bin_calls) c) b
       where r.environment_id = $1 group by r.unit`,
      [tenant.environment_id],
    );
    const calls = await api.database.owner.query<Json>(
      `select count(*)::int as calls, sum(response_time_ms)::float as total from request_logs where environment_id = $1`,
      [tenant.environment_id],
    );

    expect(rows.map(({ unit }) => unit).toSorted()).toEqual(['day', 'hour', 'minute']);
    for (const row of rows) {
      expect(row).toMatchObject({ ...calls.rows[0], binned: calls.rows[0]?.['calls'] });
    }
  });

  it('is empty where nothing was logged, and refused where it would be endless', async () => {
    const empty = await summary('endpoint=/nothing');
    const refused = await tenant.asServer(
      'GET',
      'requests/summary?interval=minute&from=2026-01-01T00:00:00Z',
    );

    expect(empty).toMatchObject({ totals: { calls: 0, p95_ms: null }, over_time: [], top: [] });
    expect(refused).toMatchObject({ status: 422, body: { error: { code: 'summary_too_fine' } } });
  });

  it('by the minute is of six hours, as the refusal says', async () => {
    const to = '2026-03-02T12:00:00Z';
    const sixHours = await tenant.asServer(
      'GET',
      `requests/summary?interval=minute&to=${to}&from=2026-03-02T06:00:00Z`,
    );
    const more = await tenant.asServer(
      'GET',
      `requests/summary?interval=minute&to=${to}&from=2026-03-02T05:00:00Z`,
    );

    expect(sixHours.status).toBe(200);
    expect(more.body['error']).toMatchObject({ code: 'summary_too_fine' });
    expect(more.body['error'].message).toContain('at most 6 hours apart');
  });

  it.each([
    'requests',
    'requests/summary',
    'requests/export',
    'usage/explore?meter=calls',
    'usage/events?customer=x',
  ])('and any range of %s has its ends in order', async (path) => {
    const range = 'from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z';
    const { status, body } = await tenant.asServer('GET', `${path}${path.includes('?') ? '&' : '?'}${range}`);

    expect(status).toBe(422);
    expect(body['error']).toMatchObject({ param: 'to', message: 'to: must not be before from' });
  });
});

describe('an export', () => {
  beforeAll(newTenant);

  it('has every call that fits, also more than a page, and no formula', { timeout: 60_000 }, async () => {
    for (let i = 0; i < 3; i++) {
      await track(...Array.from({ length: 1_000 }, () => call({ endpoint: '/many' })));
    }
    await track(call({ endpoint: '/a,"b"', customer: undefined }));
    const csv = await tenant.asServer('GET', 'requests/export');
    const json = await tenant.asServer('GET', 'requests/export?format=json&endpoint=/many');

    const lines = String(csv.body['text']).trimEnd().split('\r\n');
    expect(lines.length).toBe(3_002);
    expect(lines[0]).toBe('id,timestamp,method,endpoint,status_code,response_time_ms,customer,project,key');
    expect(lines[1]).toContain(`${noon.toISOString()},GET,"/a,""b""",200,10,,,`);
    expect(new Set(lines).size).toBe(3_002);
    const objects = String(json.body['text'])
      .trimEnd()
      .split('\n')
      .map((line): Json => JSON.parse(line));
    expect(objects.length).toBe(3_000);
    expect(objects.every(({ endpoint }) => endpoint === '/many')).toBe(true);
    expect((await tenant.asServer('GET', 'requests/export?customer=nobody')).status).toBe(404);
  });
});

describe('retention', () => {
  it('takes calls away after the days that the environment keeps them, and keeps the sums by day', async () => {
    await newTenant();
    await tenant.asOwner('PATCH', 'request-log-settings', { retention_days: 7 });
    await track(call(), call());
    await rollUp();
    const at = async (days: number) => {
      api.setTime(new Date(noon.getTime() + days * day + minute));
      await api.app.get(RequestLogsService).purge();
      const { rows } = await api.database.owner.query<Json>(
        `select (select count(*)::int from request_logs where environment_id = $1) as calls,
                array(select distinct unit from request_rollups where environment_id = $1 order by 1) as units`,
        [tenant.environment_id],
      );
      return rows[0];
    };

    expect(await at(1)).toEqual({ calls: 2, units: ['day', 'hour', 'minute'] });
    expect(await at(7)).toEqual({ calls: 0, units: ['day', 'hour'] });
    expect(await at(91)).toEqual({ calls: 0, units: ['day'] });
    expect(await at(402)).toEqual({ calls: 0, units: [] });
  });

  it('drops months that nobody keeps as a whole', async () => {
    await api.database.owner.query(`select app.ensure_request_partitions('2025-05-15T00:00:00Z')`);
    const partitions = async () => {
      const { rows } = await api.database.owner.query<{ relname: string }>(
        `select relname from pg_class where relname ~ '^request_logs_2025_\\d\\d$' order by 1`,
      );
      return rows.map(({ relname }) => relname);
    };
    const before = await partitions();
    // Of April to July, what ended 90 days before the 20th of August: April.
    await api.database.owner.query(`select app.purge_request_logs('2025-08-20T00:00:00Z', 10)`);

    expect(before).toEqual([
      'request_logs_2025_04',
      'request_logs_2025_05',
      'request_logs_2025_06',
      'request_logs_2025_07',
    ]);
    expect(await partitions()).toEqual([
      'request_logs_2025_05',
      'request_logs_2025_06',
      'request_logs_2025_07',
    ]);
  });
});
