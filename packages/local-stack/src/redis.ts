import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { randomBytes } from 'node:crypto';
import { freePort } from './free-port.ts';
import { redisProgram } from './redis-program.ts';
import { startService, waitUntilReady, type Service } from './processes.ts';

export interface RedisOptions {
  /** Folder of its data and configuration; created when it does not exist yet. */
  dir: string;
  /** A free port when omitted. */
  port?: number;
  /** Random when omitted. */
  password?: string;
  /** Default: `redis.log` in the folder. */
  logFile?: string;
  /** Where a Redis without installation rights is unpacked. Default: `programs` in the folder. */
  unpackDir?: string;
  /** Further lines of its configuration. */
  settings?: readonly string[];
  /** Told about slow steps, such as installing Redis. */
  say?: (line: string) => void;
}

export interface RunningRedis {
  /** `redis://:password@127.0.0.1:port`. */
  url: string;
  port: number;
  service: Service;
  /** Ends the server; what was written is on disk. */
  stop(): Promise<void>;
}

/**
 * Starts Redis 7+ (or Valkey) on 127.0.0.1 as a queue needs it: every write is logged and flushed to disk each
 * second, and memory that runs out is an error instead of silently lost jobs.
 */
export async function startRedis(options: RedisOptions): Promise<RunningRedis> {
  const dir = resolve(options.dir);
  const say = options.say ?? (() => undefined);
  mkdirSync(dir, { recursive: true });
  const program = await redisProgram(options.unpackDir ?? join(dir, 'programs'), say);
  const port = options.port ?? (await freePort());
  const password = options.password ?? randomBytes(24).toString('base64url');

  // A file, not arguments: anybody on the machine can list those, the password among them.
  const configuration = join(dir, 'redis.conf');
  const lines = [
    `bind 127.0.0.1`,
    `port ${port}`,
    `requirepass ${password}`,
    `dir "${dir}"`,
    'appendonly yes',
    'appendfsync everysec',
    'maxmemory-policy noeviction',
    'save ""',
    'daemonize no',
    ...(options.settings ?? []),
  ];
  writeFileSync(configuration, `${lines.join('\n')}\n`, { mode: 0o600 });
  const service = await startService({
    name: 'redis',
    command: program.path,
    args: [configuration],
    env: { ...process.env, ...program.env },
    logFile: options.logFile ?? join(dir, 'redis.log'),
  });
  try {
    await waitUntilReady(service, () => answersPing(port, password));
  } catch (error) {
    await service.stop();
    throw error;
  }
  return { url: `redis://:${password}@127.0.0.1:${port}`, port, service, stop: () => service.stop() };
}

/** PONG means it has read its log: while loading it answers every command with an error. */
async function answersPing(port: number, password: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 2000 });
    let answer = '';
    const settle = (ready: boolean): void => {
      socket.destroy();
      resolve(ready);
    };
    socket.once('connect', () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    socket.on('data', (chunk) => {
      answer += chunk.toString();
      if (answer.includes('PONG')) settle(true);
      else if (answer.includes('-')) settle(false);
    });
    socket.once('error', () => settle(false));
    socket.once('timeout', () => settle(false));
    socket.once('close', () => settle(false));
  });
}
