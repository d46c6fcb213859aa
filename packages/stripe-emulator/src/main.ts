import { parseArgs } from 'node:util';
import { startEmulator, type EmulatorOptions, type ForwardingTarget } from './emulator.ts';
import type { Mode } from './state/store.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    host: { type: 'string' },
    data: { type: 'string' },
    'public-url': { type: 'string' },
    'begins-at': { type: 'string' },
    'forward-to': { type: 'string' },
    'forward-secret': { type: 'string' },
    'forward-test-to': { type: 'string' },
    'forward-test-secret': { type: 'string' },
    'forward-live-to': { type: 'string' },
    'forward-live-secret': { type: 'string' },
  },
});

type Flag = keyof typeof values;

/** A flag, or its environment variable: `--data` is EMULATOR_DATA, `--port` is PORT. */
function setting(flag: Flag): string | undefined {
  const name = flag === 'port' ? 'PORT' : `EMULATOR_${flag.toUpperCase().replaceAll('-', '_')}`;
  return values[flag] ?? process.env[name];
}

function target(to: Flag, secretFlag: Flag, modes: Mode[]): ForwardingTarget[] {
  const url = setting(to);
  const secret = setting(secretFlag);
  if (url === undefined) return [];
  if (secret === undefined) throw new Error(`--${to} needs --${secretFlag} to sign with`);
  return [{ url, secret, modes }];
}

function options(): EmulatorOptions {
  const data = setting('data');
  const publicUrl = setting('public-url');
  const beginsAt = setting('begins-at');
  if (beginsAt !== undefined && Number.isNaN(Date.parse(beginsAt))) {
    throw new Error('--begins-at is no date, such as 2026-01-31T12:00:00Z');
  }
  return {
    port: Number(setting('port') ?? 12111),
    host: setting('host') ?? '127.0.0.1',
    ...(data === undefined ? {} : { dataFolder: data }),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(beginsAt === undefined ? {} : { beginsAt: Math.floor(Date.parse(beginsAt) / 1000) }),
    forwardTo: [
      ...target('forward-to', 'forward-secret', ['test', 'live']),
      ...target('forward-test-to', 'forward-test-secret', ['test']),
      ...target('forward-live-to', 'forward-live-secret', ['live']),
    ],
  };
}

try {
  const emulator = await startEmulator(options());
  process.stdout.write(`Stripe emulator at ${emulator.url}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void emulator.close().then(() => process.exit(0)));
  }
} catch (error) {
  const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    `The Stripe emulator did not start${taken ? ', its port is taken' : ''}: ${message}\n`,
  );
  process.exitCode = 1;
}
