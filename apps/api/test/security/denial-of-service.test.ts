import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type Tenant, type TestApi } from '../fixtures/api.ts';

let api: TestApi;
let tenant: Tenant;
let port: number;
beforeAll(async () => {
  api = await startApi();
  tenant = await api.newTenant();
  await api.app.listen(0, '127.0.0.1');
  port = Number(new URL(await api.app.getUrl()).port);
});
afterAll(() => api.close());

/** Says something every second, so that the connection is never idle, until it is cut; returns what was answered. */
async function trickle(head: string, drop: () => string): Promise<string> {
  const socket: Socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString();
  });
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  socket.write(head);
  while (!socket.destroyed && !socket.readableEnded) {
    socket.write(drop());
    await Promise.race([closed, sleep(1_000)]);
  }
  return answer;
}

// SEC-20
describe('a request that is made to cost', () => {
  it('by a small body that would unpack to a large one is not unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, '['), { level: 9 });
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/usage/track`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
        authorization: `Bearer ${tenant.secretKey}`,
      },
      body: bomb,
    });
    expect(bomb.byteLength).toBeLessThan(100_000);
    expect(response.status).toBe(400);
  });

  it('by ten thousand keys, or text that patterns could stumble over, is refused', async () => {
    const keys = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, 1]));
    const stumbling = [`${'a'.repeat(50_000)}!`, `${'@.'.repeat(25_000)}`, `${'-'.repeat(50_000)}:`];
    const answers = await Promise.all([
      tenant.asServer('POST', 'customers', keys),
      tenant.asServer('POST', 'customers', { metadata: keys }),
      ...stumbling.flatMap((text) => [
        tenant.asServer('POST', 'customers', { external_id: 'user_1', email: text }),
        tenant.asServer('POST', 'meters', { key: text, name: 'Text', aggregation: 'sum' }),
        tenant.asServer('POST', 'usage/track', {
          idempotency_key: 'text',
          customer: 'user_1',
          meter: 'text',
          value: 1,
          occurred_at: text,
        }),
      ]),
    ]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([422]));
  });

  it('by never coming to its end is cut off, in its head as in its body', async () => {
    const start = `POST /api/v1/usage/track HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${tenant.secretKey}\r\n`;
    let header = 0;
    const answers = await Promise.all([
      trickle(start, () => `x-slow-${header++}: yes\r\n`),
      trickle(`${start}content-type: application/json\r\ncontent-length: 100000\r\n\r\n{`, () => ' '),
    ]);
    for (const answer of answers) {
      expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    }
  });
});
