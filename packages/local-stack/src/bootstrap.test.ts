import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const bootstrap = fileURLToPath(new URL('../bin/bootstrap.mjs', import.meta.url));

test('an unknown command is answered with the ones there are, in one line', () => {
  const { status, stderr } = spawnSync(process.execPath, [bootstrap, 'deploy'], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr.trim()).toBe('Usage: bootstrap.mjs start|test|test:faults|demo|bench');
});

test('a Node that is too old is told so before anything else happens', () => {
  const pretend = `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'18.19.0'})`;
  const { status, stderr } = spawnSync(process.execPath, ['--import', pretend, bootstrap, 'start'], {
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  expect(stderr).toContain('BillingOS needs Node 20 or newer');
});
