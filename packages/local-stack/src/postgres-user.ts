import { execFileSync } from 'node:child_process';
import { chownSync, cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createHash } from 'node:crypto';
import { StackError } from './processes.ts';

export interface SystemUser {
  uid: number;
  gid: number;
}

/** Root's home for what the Postgres user must be able to read when the project lies in a closed folder. */
const openFolder = '/var/lib/billingos';

/**
 * Postgres refuses to run as root. As root it runs as the system's `postgres` user, which is created when it
 * is missing; as anybody else it runs as that person, and this is undefined.
 */
export function postgresUser(): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const existing = findUser('postgres');
  if (existing !== undefined) return existing;
  try {
    execFileSync('useradd', [
      '--system',
      '--user-group',
      '--no-create-home',
      '--shell',
      '/bin/false',
      'postgres',
    ]);
  } catch {
    // Another process may have created it a moment ago, and some systems have no useradd: `nobody` is everywhere.
  }
  const created = findUser('postgres') ?? findUser('nobody');
  if (created === undefined) {
    throw new StackError(
      'Postgres cannot run as root, and no other user could be created for it. Run: useradd --system postgres',
    );
  }
  return created;
}

function findUser(name: string): SystemUser | undefined {
  try {
    const id = (flag: string): number =>
      Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

/** Where the data of `dataDir` really lies: there, or under /var/lib when that user cannot reach it. */
export function reachableDataDir(dataDir: string, user: SystemUser | undefined): string {
  mkdirSync(dirname(dataDir), { recursive: true });
  if (user === undefined) return dataDir;
  const reachable = canEnter(dirname(dataDir), user);
  if (!reachable) mkdirSync(openFolder, { recursive: true, mode: 0o755 });
  const place = reachable ? dataDir : join(openFolder, `data-${digest(dataDir)}`);
  mkdirSync(place, { recursive: true, mode: 0o700 });
  chownSync(place, user.uid, user.gid);
  return place;
}

/** The folder of Postgres programs, copied once to /var/lib when that user cannot reach them. */
export function reachablePrograms(folder: string, version: string, user: SystemUser | undefined): string {
  if (user === undefined || canEnter(join(folder, 'bin'), user)) return folder;
  const copy = join(openFolder, `postgres-${version}`);
  if (!existsSync(copy)) {
    const unfinished = `${copy}.${process.pid}`;
    mkdirSync(openFolder, { recursive: true, mode: 0o755 });
    cpSync(folder, unfinished, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(unfinished, copy);
    } catch {
      // Somebody else copied it at the same time; theirs is as good.
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
  return copy;
}

function canEnter(folder: string, user: SystemUser): boolean {
  try {
    // `cd /` first: the command must not depend on whether that user may read our working directory.
    execFileSync('test', ['-x', folder], { ...user, cwd: '/', stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
