import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refuseSecondStack, removeStackFile, runningStack, writeStackFile } from './stack-file.ts';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'billingos-stack-file-'));
});

afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const addresses = { webUrl: 'http://localhost:3000', apiUrl: 'http://localhost:3001' };

test('a folder without a stack can be started on', () => {
  expect(runningStack(dataDir)).toBeUndefined();
  expect(() => refuseSecondStack(dataDir)).not.toThrow();
});

test('what a killed stack left behind does not count as running', () => {
  // No process has this number: Linux ends at 4194304.
  writeStackFile(dataDir, { pid: 4_194_305, ...addresses });
  expect(runningStack(dataDir)).toBeUndefined();
});

test.runIf(process.platform === 'linux')(
  'another program that got the number of a killed stack is not taken for it',
  () => {
    writeStackFile(dataDir, { pid: process.pid, ...addresses });
    expect(runningStack(dataDir)).toBeUndefined();
  },
);

test('an ended stack leaves no trace', () => {
  writeStackFile(dataDir, { pid: process.pid, ...addresses });
  removeStackFile(dataDir);
  expect(runningStack(dataDir)).toBeUndefined();
});
