import { readFileSync } from 'node:fs';
import type pg from 'pg';
import { secretKeyScopes } from '../../src/platform/auth/scopes.ts';
import type { Answer, Send, Tenant, TestApi } from '../fixtures/api.ts';
import { type Attempt, recipes } from './recipes.ts';
import type { Victim } from './victim.ts';

export interface Operation {
  id: string;
  method: Parameters<Send>[0];
  path: string;
  /** What a caller in an environment needs; undefined: the operation belongs to no environment. */
  scope: string | undefined;
  isOpen: boolean;
}

const methods = { get: 'GET', post: 'POST', patch: 'PATCH', put: 'PUT', delete: 'DELETE' } as const;

/** Every operation of the OpenAPI document. */
export function operations(): Operation[] {
  const document: {
    paths: Record<string, Record<string, { operationId: string; 'x-scope'?: string; security?: unknown }>>;
  } = JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8'));
  return Object.entries(document.paths).flatMap(([path, byMethod]) =>
    Object.entries(methods).flatMap(([word, method]) => {
      const operation = byMethod[word];
      return operation === undefined
        ? []
        : [
            {
              id: operation.operationId,
              method,
              path,
              scope: operation['x-scope'],
              isOpen: operation.security === undefined,
            },
          ];
    }),
  );
}

/** Somebody who is not the victim: another merchant, or the victim's own other environment. */
export interface Stranger {
  name: string;
  headers: Record<string, string>;
  /** Whether the answer is about an environment of theirs, or there is none they may enter. */
  mayEnter: boolean;
  kind: 'key' | 'member';
}

/** Everyone who holds a valid credential, and none of them for the victim's test environment. */
export async function strangersOf(api: TestApi, victim: Victim): Promise<Stranger[]> {
  const other = await api.newTenant();
  const live = await liveKey(api, victim);
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const member = (token: string, environment: string) => ({
    ...bearer(token),
    'x-billingos-environment': environment,
  });
  return [
    { name: 'another merchant’s key', headers: bearer(other.secretKey), mayEnter: true, kind: 'key' },
    {
      name: 'another merchant’s owner',
      headers: member(other.token, other.environment_id),
      mayEnter: true,
      kind: 'member',
    },
    {
      name: 'another merchant’s owner, naming this environment',
      headers: member(other.token, victim.environment_id),
      mayEnter: false,
      kind: 'member',
    },
    { name: 'the live environment’s key', headers: bearer(live), mayEnter: true, kind: 'key' },
    {
      name: 'the same owner in the live environment',
      headers: member(victim.token, victim.live_environment_id),
      mayEnter: true,
      kind: 'member',
    },
  ];
}

async function liveKey(api: TestApi, { token, live_environment_id: live }: Tenant): Promise<string> {
  const { body } = await api.send(
    'POST',
    'api-keys',
    { name: 'live', type: 'secret' },
    { authorization: `Bearer ${token}`, 'x-billingos-environment': live },
  );
  return body['secret'];
}

/**
 * Sends the owner's request, which must succeed, then the identical one as each stranger, and says in words what a
 * stranger saw or changed that is not theirs.
 */
export async function leaksOf(
  api: TestApi,
  operation: Operation,
  victim: Victim,
  strangers: Stranger[],
): Promise<string[]> {
  const leaks: string[] = [];
  for (const attempt of (await recipes[operation.id]?.(victim)) ?? []) {
    const own = await victim.asOwner(operation.method, attempt.path, attempt.body, attempt.headers);
    if (own.status >= 300 && own.body['error']?.code !== attempt.refused) {
      leaks.push(`its owner is answered ${own.status}: ${JSON.stringify(own.body)}`);
    }
    leaks.push(...(await foreignLeaks(api, operation, attempt, victim, strangers)));
  }
  return leaks;
}

/** As `leaksOf`, without the owner's request. */
export async function foreignLeaks(
  api: TestApi,
  operation: Operation,
  attempt: Attempt,
  victim: Victim,
  strangers: Stranger[],
): Promise<string[]> {
  const leaks: string[] = [];
  const before = await rowsOf(api.database.owner, victim);
  const sent = `${attempt.path} ${JSON.stringify(attempt.body)}`;
  const known = new Set(before.match(/\b[a-z]+_[0-9a-f]{32}\b|[a-z]+@victim\.test/g) ?? []);
  // The live environment is of the same merchant.
  known.delete(victim.merchant_id);

  const requests = requestsOf(operation, attempt, strangers);
  const answers = await Promise.all(
    requests.map(async ({ path, headers, ...request }) => ({
      ...request,
      answer: await api.send(operation.method, path, attempt.body, headers),
    })),
  );
  for (const { name, fits, answer } of answers) {
    const text = JSON.stringify(answer.body);
    if (!fits(answer)) {
      leaks.push(`${name} is answered ${answer.status}: ${text.slice(0, 200)}`);
    }
    const seen = [...known].filter((id) => text.includes(id) && !sent.includes(id));
    if (seen.length > 0) {
      leaks.push(`${name} sees ${seen.slice(0, 5).join(', ')}`);
    }
  }
  if ((await rowsOf(api.database.owner, victim)) !== before) {
    leaks.push('a stranger changed a row');
  }
  return leaks;
}

interface ForeignRequest {
  name: string;
  path: string;
  headers: Record<string, string>;
  fits(answer: Answer): boolean;
}

function requestsOf(operation: Operation, attempt: Attempt, strangers: Stranger[]): ForeignRequest[] {
  const { path } = attempt;
  if (attempt.strangers === 'linkless') {
    const [purpose = '', token = ''] = path.split('/');
    const unknown = ({ status }: Answer) => status === 404;
    const elsewhere = purpose === 'pay' ? 'survey' : 'pay';
    return [
      {
        name: 'whoever guesses a link',
        path: path.replace(token, 'A'.repeat(43)),
        headers: {},
        fits: unknown,
      },
      {
        name: 'a link for something else',
        path: `${elsewhere}/${token}`,
        headers: {},
        fits: ({ status }) => status === 404 || status === 422,
      },
    ];
  }
  if (operation.isOpen) {
    const refused = ({ status }: Answer) => status === 422;
    return [
      { name: 'an event without its signature', path, headers: {}, fits: refused },
      {
        name: 'a test event sent to the live endpoint',
        path: path.replace('/test', '/live'),
        headers: attempt.headers ?? {},
        fits: refused,
      },
    ];
  }
  const anonymous = {
    name: 'nobody',
    path,
    headers: {},
    fits: ({ status }: Answer) => status === 401,
  };
  if (operation.scope === undefined) {
    // Of the user's account, not of an environment: only another user is a stranger, and a key is nobody.
    return [
      anonymous,
      ...strangers.slice(0, 2).map(({ name, headers, kind }) => ({
        name,
        path,
        headers,
        fits: ({ status }: Answer) => (kind === 'key' ? status === 401 : status < 300),
      })),
    ];
  }
  return [
    anonymous,
    ...strangers.map((stranger) => ({
      name: stranger.name,
      path,
      headers: { ...attempt.headers, ...stranger.headers },
      fits: (answer: Answer) => fits(answer, operation, attempt, stranger),
    })),
  ];
}

function fits({ status, body }: Answer, operation: Operation, attempt: Attempt, stranger: Stranger): boolean {
  const scopes: ReadonlySet<string> = secretKeyScopes;
  if (stranger.kind === 'key' && !scopes.has(operation.scope ?? '')) {
    return status === 403;
  }
  if (!stranger.mayEnter) {
    return status === 404 && body['error'].code === 'environment_not_found';
  }
  switch (attempt.strangers) {
    case 'not_found':
    case 'linkless':
      return status === 404;
    case 'refused':
      return status === 422;
    case 'own':
      // A stranger repeats what they did before, or has no Stripe account to ask about: refused, about their own.
      return status < 300 || status === 409;
  }
}

/** All rows of the victim's environment, as one text. When a key was last used is noted beside the requests. */
async function rowsOf(owner: pg.Pool, victim: Victim): Promise<string> {
  const tables = await owner.query<{ name: string }>(
    `select c.relname as name from pg_class c
     join pg_attribute a on a.attrelid = c.oid and a.attname = 'environment_id' and not a.attisdropped
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
     order by 1`,
  );
  const selects = tables.rows.map(
    ({ name }) =>
      `select '${name}' as name, jsonb_agg(to_jsonb(t) - 'last_used_at' order by to_jsonb(t)::text) as rows
       from public.${name} t where environment_id = $1`,
  );
  const { rows } = await owner.query(
    `${selects.join(' union all ')}
     union all select 'environments', jsonb_agg(to_jsonb(e)) from public.environments e where e.id = $1
     union all select 'merchants', jsonb_agg(to_jsonb(m)) from public.merchants m where m.id = $2
     union all select 'members', jsonb_agg(to_jsonb(m) order by m.user_id) from public.members m where m.merchant_id = $2`,
    [victim.environment_id, victim.merchant_id],
  );
  return JSON.stringify(rows);
}
