import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** The rules whose answer depends on the theme; the rest is asked once. */
const colourRules = ['color-contrast', 'link-in-text-block'];

/** Fails with what axe finds on the page as it is, in the light theme and in the dark one. */
export async function expectAccessible(page: Page): Promise<void> {
  const found: string[] = [];
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.waitForFunction(
      (dark) => document.documentElement.classList.contains('dark') === dark,
      colorScheme === 'dark',
    );
    // A colour on its way to the other theme is neither one nor the other.
    await page.waitForFunction(() =>
      document.getAnimations().every(({ playState }) => playState !== 'running'),
    );
    const axe = new AxeBuilder({ page });
    const { violations } = await (colorScheme === 'dark' ? axe.withRules(colourRules) : axe).analyze();
    for (const { id, nodes } of violations) {
      found.push(...nodes.map(({ target }) => `${id} in the ${colorScheme} theme: ${target.join(' ')}`));
    }
  }
  expect(found, page.url()).toEqual([]);
}

/** Fails when a page stays wider than a phone of 390 pixels; a chart may take a moment to be drawn anew. */
export async function expectToFitAPhone(page: Page): Promise<void> {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 844 });
  await expect
    .poll(() => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), {
      timeout: 5_000,
      message: `${page.url()} is wider than 390 pixels by`,
    })
    .toBeLessThanOrEqual(0);
  if (before) await page.setViewportSize(before);
}
