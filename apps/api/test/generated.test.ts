import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unions, writeTypes } from '../scripts/generate-types.ts';
import { openApiDocument } from '../src/platform/http/openapi.ts';
import { startApi, type TestApi } from './fixtures/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

describe('what is generated', () => {
  it('has the types of the migrated schema (pnpm generate:types)', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'billingos-types-'));
    const file = join(folder, 'schema.gen.ts');
    writeTypes(api.database.ownerUrl, file);

    const [fresh, kept] = await Promise.all([read(file), read('src/platform/database/schema.gen.ts')]);
    await rm(folder, { recursive: true });

    expect(kept).toBe(fresh);
  });

  it('types each column by the values its check constraint allows', async () => {
    const { rows } = await api.database.owner.query<{ relation: string; definition: string }>(
      `select conrelid::regclass::text as relation, pg_get_constraintdef(oid) as definition
       from pg_constraint where contype = 'c' and connamespace = 'public'::regnamespace`,
    );

    for (const [column, values] of Object.entries(unions)) {
      const [table, name] = column.split('.');
      const constraint = rows.find(
        ({ relation, definition }) =>
          relation === table &&
          definition.replaceAll('"', '').includes(`(${name} = `) &&
          definition.includes(`'${values[0]}'`),
      );
      const allowed = [...(constraint?.definition.matchAll(/'([a-z_]+)'::text/g) ?? [])].map(
        (match) => match[1],
      );
      expect(allowed.toSorted(), column).toEqual([...values].toSorted());
    }
  });

  it('has the OpenAPI document of the routes as they are (pnpm generate:openapi)', async () => {
    const kept: unknown = JSON.parse(await read('openapi.json'));

    expect(JSON.parse(JSON.stringify(openApiDocument(api.app)))).toEqual(kept);
  });
});

function read(file: string): Promise<string> {
  return readFile(file, 'utf8');
}
