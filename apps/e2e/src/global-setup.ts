import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromiumPath } from '@billingos/local-stack/chromium';
import { givenVariables, readSettings, separateStack } from '@billingos/local-stack/settings';
import { startStack } from '@billingos/local-stack/stack';
import type { TestProject } from 'vitest/node';

export type Addresses = { web: string; api: string; mail: string; stripe: string; chromium: string };

declare module 'vitest' {
  export interface ProvidedContext {
    addresses: Addresses;
  }
}

/** Starts the whole built stack on free ports, with a data folder that is thrown away. */
export default async function setup(project: TestProject) {
  const chromium = await chromiumPath((line) => void process.stdout.write(`${line}\n`));
  const folder = await mkdtemp(join(tmpdir(), 'billingos-journeys-'));
  const settings = readSettings({ ...givenVariables(), ...(await separateStack(folder)) });
  const stack = await startStack(settings);
  if (!stack.mailUrl)
    throw new Error('The journeys read mails from the embedded inbox: leave SMTP_URL unset.');
  if (!stack.stripeEmulatorUrl)
    throw new Error('The journeys pay on the emulator: leave Stripe’s keys unset.');
  project.provide('addresses', {
    web: stack.webUrl,
    api: stack.apiUrl,
    mail: stack.mailUrl,
    stripe: stack.stripeEmulatorUrl,
    chromium,
  });
  return async () => {
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
