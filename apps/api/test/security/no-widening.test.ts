import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, Tenant } from '../fixtures/api.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';
import { operations } from './matrix.ts';
import { fillVictim, type Victim } from './victim.ts';

let stack: TestStack;
let owner: Victim;
let newcomer: Tenant;
beforeAll(async () => {
  stack = await startStack({ worker: false, webhooks: false });
  owner = await fillVictim(stack);
  newcomer = await stack.newTenant();
}, 180_000);
afterAll(() => stack.close());

/** Parameters that name something that there may be or not. */
const naming = ['customer', 'subscription', 'invoice', 'project', 'key', 'endpoint', 'run', 'search'];
const nobodys = ['of-nobody', 'cus_00000000000000000000000000000000'];

const document: {
  paths: Record<string, Record<string, { parameters?: { in: string; name: string; required?: boolean }[] }>>;
} = JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8'));

/** Lists and sums of the whole environment (a stream is neither), each with one of the parameters that narrow it. */
const narrowed = operations()
  .filter(({ method, path }) => method === 'GET' && !path.includes('{') && !path.endsWith('/stream'))
  .flatMap(({ path }) => {
    const parameters = (document.paths[path]?.['get']?.parameters ?? []).filter((one) => one.in === 'query');
    const isWhole = parameters.every(({ required }) => required !== true);
    return parameters
      .filter(({ name }) => isWhole && naming.includes(name))
      .map(({ name }) => ({ path: path.replace('/api/v1/', ''), name }));
  });

/** What is said, but for the times it is said of. */
function said({ status, body }: { status: number; body: Json }): string {
  return `${status} ${JSON.stringify(body).replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'then')}`;
}

// INV-8
describe('a list that is narrowed to something that does not exist', () => {
  it('is asked for in every way there is', () => {
    expect(narrowed.length).toBeGreaterThan(12);
  });

  it.each(narrowed)(
    'GET $path by $name is refused, or as empty as of somebody who owns nothing',
    async ({ path, name }) => {
      for (const value of nobodys) {
        const answer = await owner.asOwner('GET', `${path}?${name}=${value}`);
        if (answer.status >= 300) {
          expect([404, 422]).toContain(answer.status);
        } else {
          expect(said(answer)).toBe(said(await newcomer.asOwner('GET', path)));
        }
      }
    },
  );

  it.each(narrowed)('GET $path by an empty $name is never the whole list', async ({ path, name }) => {
    const answer = await owner.asOwner('GET', `${path}?${name}=`);
    if (answer.status < 300) {
      expect(said(answer)).toBe(said(await newcomer.asOwner('GET', path)));
    }
  });
});
