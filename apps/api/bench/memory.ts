import { execFileSync } from 'node:child_process';

const everyMs = 500;

/** Megabytes that a process holds, watched while `work` runs: in the first half on average, and at most in the second. */
export async function watchMemory(
  pid: number,
  work: () => Promise<unknown>,
): Promise<{ steady: number; peak: number }> {
  const seen: number[] = [];
  const watching = setInterval(() => seen.push(megabytesOf(pid)), everyMs);
  try {
    await work();
  } finally {
    clearInterval(watching);
  }
  const half = Math.floor(seen.length / 2);
  const steady = seen.slice(0, half).reduce((sum, megabytes) => sum + megabytes, 0) / half;
  return { steady, peak: Math.max(...seen.slice(half)) };
}

function megabytesOf(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1_024;
}
