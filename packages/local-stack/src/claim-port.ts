import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { StackError } from './processes.ts';

/** What is to listen on a port, and the variable that moves it elsewhere. */
export interface PortClaim {
  part: string;
  port: number;
  variable: string;
}

/** Throws StackError naming every port that something else listens on, by whom, and how to change it. */
export async function claimPorts(claims: readonly PortClaim[]): Promise<void> {
  const twice = claims.find((claim, index) => claims.findIndex(({ port }) => port === claim.port) !== index);
  if (twice !== undefined) {
    throw new StackError(`Port ${twice.port} is given to two parts: change ${twice.variable}.`);
  }
  const problems: string[] = [];
  for (const { part, port, variable } of claims) {
    const refusal = await refused(port);
    if (refusal === undefined) continue;
    problems.push(
      refusal === 'EACCES'
        ? `Port ${port} (${part}) needs more rights than you have. Set ${variable} to another port in .env.`
        : `Port ${port} (${part}) is taken${owner(port)}. End that program, or set ${variable} to another port in .env.`,
    );
  }
  if (problems.length > 0) throw new StackError(problems.join('\n'));
}

async function refused(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** ` by redis-server (pid 42)`, or nothing when the system does not tell us. */
function owner(port: number): string {
  try {
    const pid = process.platform === 'linux' ? pidFromProc(port) : pidFromLsof(port);
    if (pid === undefined) return '';
    return ` by ${programName(pid)} (pid ${pid})`;
  } catch {
    return '';
  }
}

function programName(pid: number): string {
  if (process.platform !== 'linux') {
    return execFileSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  }
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, 2).join(' ').trim();
}

function pidFromLsof(port: number): number | undefined {
  const output = execFileSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t'], { encoding: 'utf8' });
  const pid = Number(output.trim().split('\n')[0]);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

function pidFromProc(port: number): number | undefined {
  const listening = '0A';
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readFileSync(table, 'utf8').split('\n').slice(1)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (local?.endsWith(suffix) === true && state === listening && inode !== undefined) inodes.add(inode);
    }
  }
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (opensSocket(pid, inodes)) return Number(pid);
  }
  return undefined;
}

function opensSocket(pid: string, inodes: Set<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode !== undefined && inodes.has(inode);
    });
  } catch {
    // Another person's process, or one that has just ended.
    return false;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
