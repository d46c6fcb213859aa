import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTypes } from '../scripts/generate-types.ts';
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
    await writeTypes(api.database.ownerUrl, file);

    const [fresh, kept] = await Promise.all([read(file), read('src/platform/database/schema.gen.ts')]);
    await rm(folder, { recursive: true });

    expect(kept).toBe(fresh);
  });

  it('has the OpenAPI document of the routes as they are (pnpm generate:openapi)', async () => {
    const kept: unknown = JSON.parse(await read('openapi.json'));

    expect(JSON.parse(JSON.stringify(openApiDocument(api.app)))).toEqual(kept);
  });
});

function read(file: string): Promise<string> {
  return readFile(file, 'utf8');
}
