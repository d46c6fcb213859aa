import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type Tenant, type TestApi } from '../fixtures/api.ts';

// INV-46. A backfill that goes from page to page by time alone skips what happened in the same instant.

let api: TestApi;
let tenant: Tenant;

beforeAll(async () => {
  api = await startApi();
  tenant = await api.newTenant();
});
afterAll(() => api.close());

let customers = 0;

async function addCustomers(count: number): Promise<string[]> {
  const names = Array.from({ length: count }, () => `user_${(customers += 1)}`);
  await Promise.all(
    names.map((name) =>
      tenant
        .asServer('POST', 'customers', { external_id: name })
        .then(({ status }) => expect(status).toBe(201)),
    ),
  );
  return names;
}

describe('a list', () => {
  it('shows everything once, page by page, though all of it was made in the same instant and more comes meanwhile', async () => {
    api.setTime(new Date('2027-01-01T00:00:00Z'));
    let known = await addCustomers(40);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 100, maxLength: 100 }),
        async (sizes) => {
          const seen: string[] = [];
          let cursor = '';
          for (const size of sizes) {
            const { body } = await tenant.asServer('GET', `customers?limit=${size}${cursor}`);
            seen.push(...body['data'].map((customer: { external_id: string }) => customer.external_id));
            if (body['next_cursor'] === null) {
              break;
            }
            cursor = `&cursor=${body['next_cursor']}`;
            if (seen.length === size) {
              await addCustomers(1);
            }
          }

          expect(new Set(seen).size).toBe(seen.length);
          expect(known.filter((name) => !seen.includes(name)).length).toBe(0);
          known = [...new Set([...known, ...seen])];
        },
      ),
      { numRuns: 15 },
    );
  }, 60_000);
});
