import 'reflect-metadata';
import { AppModule } from './app.module.ts';
import { Env } from './env.ts';
import { ClockSync } from './platform/clock-sync.ts';
import { createServer } from './platform/http/server.ts';
import { Log } from './platform/log.ts';
import { Redis } from './platform/redis.ts';

try {
  const app = await createServer(AppModule);
  await app.get(Redis).connect();
  await app.get(ClockSync).start();
  const port = app.get(Env).get('API_PORT');
  await app.listen(port, '0.0.0.0');
  app.get(Log).info('api.listening', { port });
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
