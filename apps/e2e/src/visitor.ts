import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, inject } from 'vitest';

const screenshots = join(import.meta.dirname, '..', 'test-results');

export type Visitor = {
  /** The visitor's page; there is none before the first test. */
  page: Page;
};

/**
 * A person with a fresh browser for the tests of one file: no cookies, no history, animations off. When a test fails,
 * what the person saw is kept in test-results/, under the name of the test and of the person.
 */
export function visitor(who = 'visitor'): Visitor {
  const { web, chromium: executablePath } = inject('addresses');
  const person: Partial<Visitor> = {};
  let close = () => Promise.resolve();

  beforeAll(async () => {
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    close = () => browser.close();
    const context = await browser.newContext({
      baseURL: web,
      viewport: { width: 1280, height: 900 },
      reducedMotion: 'reduce',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    context.setDefaultTimeout(45_000);
    person.page = await context.newPage();
  });
  afterAll(() => close());
  beforeEach(({ onTestFailed, task }) => {
    onTestFailed(async () => {
      await mkdir(screenshots, { recursive: true });
      const name = `${task.name} ${who}`.replace(/[^a-z0-9]+/gi, '-').toLowerCase();
      await person.page?.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
    });
  });

  return {
    get page() {
      if (!person.page) throw new Error('The visitor has no page before the first test.');
      return person.page;
    },
  };
}
