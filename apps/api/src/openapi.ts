import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { AppModule } from './app.module.ts';
import { openApiDocument } from './platform/http/openapi.ts';
import { createServer } from './platform/http/server.ts';

/**
 * Writes the OpenAPI document to the file given. Nothing is connected: the addresses below are never used.
 * `apps/api/openapi.json` is kept that way (`pnpm generate:openapi`), and a test compares it.
 */
const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('usage: node dist/openapi.js FILE\n');
  process.exit(1);
}
const unused = 'nobody:nothing@127.0.0.1:1';
Object.assign(process.env, {
  NODE_ENV: 'development',
  DATABASE_URL: `postgresql://${unused}/none`,
  REDIS_URL: `redis://${unused}`,
  SUPABASE_URL: 'http://127.0.0.1:1',
});
const app = await createServer(AppModule);
await app.init();
await writeFile(file, `${JSON.stringify(openApiDocument(app), null, 2)}\n`);
process.exit(0);
