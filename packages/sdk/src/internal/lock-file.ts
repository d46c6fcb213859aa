import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

const openHere = new Set<string>();

/** Makes a file this process's own, by a `.lock` beside it. Throws when another running process has it. */
export function lockFile(path: string): void {
  const lock = `${path}.lock`;
  if (!openHere.has(path)) {
    for (let tries = 0; tries < 3; tries++) {
      try {
        writeFileSync(lock, `${process.pid} ${birthOf(process.pid)}`, { flag: 'wx' });
        openHere.add(path);
        return;
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') {
          throw error;
        }
      }
      if (!putAsideIfLeft(lock)) {
        break;
      }
    }
  }
  throw new Error(`${path} is in use by a running process. Give each process a file of its own.`);
}

export function unlockFile(path: string): void {
  openHere.delete(path);
  rmSync(`${path}.lock`, { force: true });
}

/** Whether the lock was left by a process that died, and is gone now. */
function putAsideIfLeft(lock: string): boolean {
  const aside = `${lock}.${process.pid}`;
  try {
    const left = readFileSync(lock, 'utf8');
    if (isHeld(left)) {
      return false;
    }
    // Of several that start at once, one gets it. Whoever got the new lock of another instead gives it back.
    renameSync(lock, aside);
    if (readFileSync(aside, 'utf8') !== left) {
      renameSync(aside, lock);
      return false;
    }
    rmSync(aside, { force: true });
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') {
      return true;
    }
    throw error;
  }
}

function isHeld(text: string): boolean {
  const [number = '', ...birth] = text.split(' ');
  const pid = Number(number);
  if (!Number.isSafeInteger(pid) || pid <= 0) {
    return false;
  }
  const born = birth.join(' ');
  return born === '' ? pid !== process.pid && isRunning(pid) : birthOf(pid) === born;
}

/** When a process began, where Linux tells. After a restart, of a container above all, another may have its number. */
function birthOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // The name stands in brackets and may hold spaces; what counts from the boot is the 20th word behind it.
    return `${boot} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`;
  } catch {
    return '';
  }
}

function isRunning(pid: number): boolean {
  try {
    // 0 is no signal: it only asks.
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
