import { createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { claimPorts } from './claim-port.ts';
import { freePort } from './free-port.ts';

let server: Server | undefined;

afterEach(async () => {
  const listening = server;
  if (listening !== undefined) await new Promise((resolve) => listening.close(resolve));
  server = undefined;
});

async function listenOn(port: number, host: string): Promise<void> {
  const listening = createServer();
  server = listening;
  await new Promise<void>((resolve) => listening.listen(port, host, resolve));
}

test('free ports can be claimed', async () => {
  await expect(
    claimPorts([
      { part: 'web', port: await freePort(), variable: 'WEB_PORT' },
      { part: 'Postgres', port: await freePort(), variable: 'POSTGRES_PORT' },
    ]),
  ).resolves.toBeUndefined();
});

test.each(['127.0.0.1', '0.0.0.0', '::'])(
  'a port taken on %s is named together with its owner and the variable that moves it',
  async (host) => {
    const port = await freePort();
    await listenOn(port, host);

    const claim = claimPorts([{ part: 'Postgres', port, variable: 'POSTGRES_PORT' }]);

    await expect(claim).rejects.toThrow(
      new RegExp(`Port ${port} \\(Postgres\\) is taken by .*\\(pid ${process.pid}\\).*set POSTGRES_PORT`),
    );
  },
);

test('every taken port is named at once', async () => {
  const port = await freePort();
  await listenOn(port, '127.0.0.1');

  const claim = claimPorts([
    { part: 'web', port, variable: 'WEB_PORT' },
    { part: 'api', port: await freePort(), variable: 'API_PORT' },
  ]);

  await expect(claim).rejects.toThrow(/WEB_PORT/);
  await expect(claim).rejects.not.toThrow(/API_PORT/);
});

test('one port for two parts is refused before anything starts', async () => {
  const port = await freePort();
  const claim = claimPorts([
    { part: 'web', port, variable: 'WEB_PORT' },
    { part: 'api', port, variable: 'API_PORT' },
  ]);
  await expect(claim).rejects.toThrow(`Port ${port} is given to two parts: change API_PORT.`);
});
