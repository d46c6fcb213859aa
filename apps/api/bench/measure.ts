import autocannon from 'autocannon';

export interface Load {
  url: string;
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  /** The next request: a path, and a body for a POST. Called for each, so that no two are the same. */
  next(): { path: string; body?: string };
}

export interface Measured {
  perSecond: number;
  /** Milliseconds, of the best round. */
  p99: number;
}

const rounds = 3;
const roundSeconds = 2;
const warmUpSeconds = 2;

/**
 * Drives both in turn, round by round, so that whatever else the machine does meets both alike. The best round of each
 * counts: what disturbs a round only ever makes it slower. Throws when anything but 2xx came back.
 */
export async function measurePair(
  ours: Load,
  baseline: Load,
  connections: number,
): Promise<{ ours: Measured; baseline: Measured }> {
  await drive(baseline, connections, warmUpSeconds);
  await drive(ours, connections, warmUpSeconds);
  const all: { ours: Measured[]; baseline: Measured[] } = { ours: [], baseline: [] };
  for (let round = 0; round < rounds; round++) {
    all.baseline.push(await drive(baseline, connections, roundSeconds));
    all.ours.push(await drive(ours, connections, roundSeconds));
  }
  return { ours: best(all.ours), baseline: best(all.baseline) };
}

function best(measured: Measured[]): Measured {
  return {
    perSecond: Math.max(...measured.map(({ perSecond }) => perSecond)),
    p99: Math.min(...measured.map(({ p99 }) => p99)),
  };
}

/** Puts load on for so many seconds. Throws when anything but 2xx came back. */
export async function drive(load: Load, connections: number, seconds: number): Promise<Measured> {
  const latencies: number[] = [];
  const run = autocannon({
    url: load.url,
    connections,
    duration: seconds,
    method: load.method,
    headers: load.headers,
    requests: [{ setupRequest: (request) => Object.assign(request, load.next()) }],
  });
  run.on('response', (_client, _status, _bytes, milliseconds) => latencies.push(milliseconds));
  const result = await run;
  if (result.errors > 0 || result.non2xx > 0) {
    throw new Error(`${load.url}: ${result.errors} errors and ${result.non2xx} answers other than 2xx.`);
  }
  return { perSecond: result.requests.total / result.duration, p99: percentile(latencies, 0.99) };
}

/** Of [1, 2, 3, 4] half are at most 2. */
function percentile(values: number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
