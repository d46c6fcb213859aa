import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { WorkerModule } from './worker.module.ts';
import { ClockSync } from './platform/clock-sync.ts';
import { JobWorker } from './platform/jobs/worker.ts';
import { Log } from './platform/log.ts';
import { Redis } from './platform/redis.ts';

try {
  const app = await NestFactory.createApplicationContext(WorkerModule, {
    logger: ['error', 'fatal'],
    abortOnError: false,
  });
  app.enableShutdownHooks();
  await app.get(Redis).connect();
  await app.get(ClockSync).start();
  await app.get(JobWorker).start();
  app.get(Log).info('worker.started');
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
