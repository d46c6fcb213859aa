const hourMs = 60 * 60 * 1000;

/** One call to the merchant's API, as `POST /track` takes it. */
export interface DemoCall {
  endpoint: string;
  method: string;
  status_code: number;
  response_time_ms: number;
  timestamp: string;
  key: string;
  idempotency_key: string;
}

const endpoints = [
  { method: 'GET', endpoint: '/v1/reports/:id', share: 0.38, ms: 42 },
  { method: 'POST', endpoint: '/v1/events', share: 0.31, ms: 18 },
  { method: 'GET', endpoint: '/v1/reports', share: 0.14, ms: 95 },
  { method: 'POST', endpoint: '/v1/queries', share: 0.1, ms: 340 },
  { method: 'GET', endpoint: '/v1/exports/:id', share: 0.05, ms: 610 },
  { method: 'DELETE', endpoint: '/v1/reports/:id', share: 0.02, ms: 55 },
] as const;

/**
 * The calls of a key in the last day, `count` of them: more by day than by night, some refused, and an hour in which the
 * queries were slow and failed. The same each time for the same key.
 */
export function callsOf(key: string, count: number, seed: number): DemoCall[] {
  const now = Date.now();
  const random = randomFrom(seed);
  return Array.from({ length: count }, (_, index) => {
    const age = ageOf(now, random);
    const { method, endpoint, ms } = drawn(random());
    const isBadHour = endpoint === '/v1/queries' && age > 5 * hourMs && age < 6 * hourMs;
    return {
      endpoint,
      method,
      status_code: statusOf(random(), method, isBadHour),
      // Most are near the usual time, a few take many times as long.
      response_time_ms: Math.round(ms * (isBadHour ? 6 : 1) * (0.6 + 0.5 / (1.04 - random()) ** 0.7)),
      timestamp: new Date(now - age).toISOString(),
      key,
      idempotency_key: `demo-${key}-${index}`,
    };
  });
}

/** Some time in the last day. At three in the night a third as much is called as at three in the afternoon. */
function ageOf(now: number, random: () => number): number {
  for (;;) {
    const age = random() * 23.5 * hourMs;
    const hour = new Date(now - age).getUTCHours();
    if (random() < 0.67 + 0.33 * Math.sin(((hour - 9) / 24) * 2 * Math.PI)) return age;
  }
}

function drawn(chance: number): (typeof endpoints)[number] {
  let reached = 0;
  return endpoints.find(({ share }) => (reached += share) > chance) ?? endpoints[0];
}

function statusOf(chance: number, method: string, isBadHour: boolean): number {
  if (chance < (isBadHour ? 0.4 : 0.004)) return 503;
  if (chance < 0.42 && isBadHour) return 504;
  if (chance < 0.024) return method === 'POST' ? 422 : 404;
  if (chance < 0.03) return 429;
  return method === 'POST' ? 201 : 200;
}

/** Park and Miller's generator: the same numbers for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
