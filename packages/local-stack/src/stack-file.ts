import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { StackError } from './processes.ts';

const schema = z.object({
  /** Of the process that started the stack and will end it. */
  pid: z.number().int().positive(),
  webUrl: z.url(),
  apiUrl: z.url(),
  stripeEmulatorUrl: z.url().optional(),
  /** Of the demo merchant's test environment; absent until it is seeded. */
  secretKey: z.string().optional(),
});

/** What `npm start` leaves in `stack.json` for those that talk to the running stack, such as the demo. */
export type StackFile = z.infer<typeof schema>;

const path = (dataDir: string): string => join(dataDir, 'stack.json');

export function writeStackFile(dataDir: string, content: StackFile): void {
  writeFileSync(path(dataDir), `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
}

export function removeStackFile(dataDir: string): void {
  rmSync(path(dataDir), { force: true });
}

/** The stack that runs on this data folder, or undefined. A file left by a killed stack does not count. */
export function runningStack(dataDir: string): StackFile | undefined {
  if (!existsSync(path(dataDir))) return undefined;
  const parsed = schema.safeParse(JSON.parse(readFileSync(path(dataDir), 'utf8')));
  return parsed.success && isAlive(parsed.data.pid) ? parsed.data : undefined;
}

/** Throws StackError when a stack already runs on this data folder. */
export function refuseSecondStack(dataDir: string): void {
  const running = runningStack(dataDir);
  if (running === undefined) return;
  throw new StackError(
    `A stack already runs from this folder (process ${running.pid}, ${running.webUrl}). ` +
      'End it with Ctrl-C, or give the second one its own BILLINGOS_DATA_DIR and ports (.env.example lists them).',
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A process number is used again after a restart of the machine: then it is some other program.
    return process.platform !== 'linux' || readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('start.ts');
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
