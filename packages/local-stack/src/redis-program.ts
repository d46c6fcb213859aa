import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { onPath } from './on-path.ts';
import { StackError } from './processes.ts';
import { installSystemPackage, succeeds } from './system-package.ts';

export interface RedisProgram {
  path: string;
  /** What its environment needs besides ours: the folders of unpacked libraries. */
  env: NodeJS.ProcessEnv;
}

/** Debian's redis-server and the libraries that a bare Debian or Ubuntu lacks; those with no such package are skipped. */
const debianPackages = [
  'redis-server',
  'redis-tools',
  'libjemalloc2',
  'liblzf1',
  'liblua5.1-0',
  'lua-bitop',
  'lua-cjson',
  'libatomic1',
  'libhiredis0.14',
  'libhiredis1.1.0',
  'libsystemd0',
  'libssl3',
  'libssl3t64',
];

/**
 * A Redis or Valkey server: the one on PATH; else installed by the system's package manager; else (no rights to
 * install) Debian's package unpacked into `unpackDir`. `say` is told before anything slow happens.
 */
export async function redisProgram(unpackDir: string, say: (line: string) => void): Promise<RedisProgram> {
  const installed = onPath('redis-server', 'valkey-server');
  if (installed !== undefined) return { path: installed, env: {} };
  const unpacked = unpackedRedis(unpackDir);
  if (unpacked !== undefined) return unpacked;

  say('Redis is not installed here: installing it with the system package manager…');
  if (await installSystemPackage({ apt: 'redis-server', brew: 'redis' })) {
    const path = onPath('redis-server');
    if (path !== undefined) return { path, env: {} };
  }
  say('No rights to install packages: unpacking Debian’s Redis into the data folder…');
  await unpackDebianRedis(unpackDir);
  const program = unpackedRedis(unpackDir);
  if (program !== undefined) return program;
  throw new StackError(
    'Redis is missing and could not be installed: install redis-server (or valkey-server), or set REDIS_URL in .env.',
  );
}

async function unpackDebianRedis(unpackDir: string): Promise<void> {
  const downloads = join(unpackDir, 'downloads');
  mkdirSync(join(downloads, 'lists', 'partial'), { recursive: true });
  mkdirSync(join(downloads, 'cache'), { recursive: true });
  const download = (options: string[]): Promise<boolean[]> =>
    Promise.all(debianPackages.map((name) => succeeds('apt-get', [...options, 'download', name], downloads)));
  const [found] = await download([]);
  if (found !== true) {
    // A machine without package lists, such as a fresh container: get them into a folder of our own.
    const own = [`Dir::State::Lists=${downloads}/lists`, `Dir::Cache=${downloads}/cache`].flatMap((is) => [
      '-o',
      is,
    ]);
    await succeeds('apt-get', [...own, 'update', '-q'], downloads);
    await download(own);
  }
  for (const file of readdirSync(downloads)) {
    if (file.endsWith('.deb')) await succeeds('dpkg', ['-x', join(downloads, file), unpackDir]);
  }
  rmSync(downloads, { recursive: true, force: true });
}

function unpackedRedis(unpackDir: string): RedisProgram | undefined {
  // redis-server is a link to redis-check-rdb: one program that looks at its own name.
  const path = join(unpackDir, 'usr', 'bin', 'redis-server');
  if (!existsSync(path)) return undefined;
  const folders = ['usr/lib', 'lib'].flatMap((folder) =>
    existsSync(join(unpackDir, folder))
      ? readdirSync(join(unpackDir, folder), { withFileTypes: true })
          .filter((entry) => entry.isDirectory() && entry.name.includes('-linux-'))
          .map((entry) => join(unpackDir, folder, entry.name))
      : [],
  );
  return { path, env: { LD_LIBRARY_PATH: folders.join(':') } };
}
