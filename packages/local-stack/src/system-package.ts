import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { onPath } from './on-path.ts';

const run = promisify(execFile);
const quiet = { maxBuffer: 64 * 1024 * 1024, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };

/**
 * Installs a program with the system's package manager: apt-get as root or with a sudo that asks nothing, brew
 * on macOS. True when it ran through; false, with nothing changed, when this machine offers no such way.
 */
export async function installSystemPackage(names: { apt: string; brew: string }): Promise<boolean> {
  const brew = process.platform === 'darwin' ? onPath('brew') : undefined;
  if (brew !== undefined) return succeeds(brew, ['install', '--quiet', names.brew]);
  const apt = onPath('apt-get');
  if (apt === undefined) return false;
  const asRoot = await rootPrefix();
  if (asRoot === undefined) return false;
  const install = [...asRoot, apt, 'install', '-y', '-q', '--no-install-recommends', names.apt];
  // A fresh machine or container has no package lists yet; one that has them needs no update.
  if (await succeeds(...command(install))) return true;
  await succeeds(...command([...asRoot, apt, 'update', '-q']));
  return succeeds(...command(install));
}

async function rootPrefix(): Promise<string[] | undefined> {
  if (process.getuid?.() === 0) return [];
  const sudo = onPath('sudo');
  return sudo !== undefined && (await succeeds(sudo, ['-n', 'true'])) ? [sudo, '-n'] : undefined;
}

function command([program = '', ...args]: string[]): [string, string[]] {
  return [program, args];
}

/** Whether the program exists and ends with code 0. */
export async function succeeds(program: string, args: string[], cwd?: string): Promise<boolean> {
  try {
    await run(program, args, { ...quiet, ...(cwd === undefined ? {} : { cwd }) });
    return true;
  } catch {
    return false;
  }
}
