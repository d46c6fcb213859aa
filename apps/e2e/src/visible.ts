import type { Locator } from 'playwright-core';

/** Waits until the person can see it, and fails the test when that does not happen. */
export async function expectVisible(locator: Locator): Promise<void> {
  await locator.waitFor({ state: 'visible' });
}
