import { describe, expect, test } from 'vitest';
import { expectAccessible, expectToFitAPhone } from '../src/accessible.ts';
import { openShop, type Shop } from '../src/merchant.ts';
import { expectVisible } from '../src/visible.ts';
import { visitor } from '../src/visitor.ts';

const day = 24 * 60 * 60 * 1000;

describe('looking at what was used', () => {
  const owner = visitor();
  const known: { shop?: Shop } = {};
  const shop = () => {
    if (!known.shop) throw new Error('The first step opens the shop.');
    return known.shop;
  };

  test('without a meter the page says what brings one', async () => {
    const { page } = owner;
    known.shop = await openShop(page, 'Token Mill');
    await page.goto(`${shop().home}/usage`);
    await expectVisible(page.getByText('Nothing is metered yet'));
    await expectAccessible(page);
    await expectToFitAPhone(page);
  });

  test('use is told by day, by property and by customer, and compared with before', async () => {
    const { page } = owner;
    await shop().ask('POST', 'meters', {
      key: 'tokens',
      name: 'Tokens',
      aggregation: 'sum',
      group_by: ['model'],
    });
    await page.reload();
    await expectVisible(page.getByText('Nothing was used in this time'));
    await shop().ask('POST', 'usage/track', { events: [...events()] });

    await page.reload();
    const table = page.getByRole('table', { name: 'What was used' });
    await expectVisible(table.getByRole('row', { name: /^tokens 1,200 40$/ }));
    await page.getByRole('combobox', { name: 'Broken down by' }).click();
    await page.getByRole('option', { name: 'By model' }).click();
    await expectVisible(table.getByRole('row', { name: /^large 900 75% 30$/ }));
    await page.getByRole('combobox', { name: 'Time' }).click();
    await page.getByRole('option', { name: 'Last 7 days' }).click();
    await page.getByRole('combobox', { name: 'Broken down by' }).click();
    await page.getByRole('option', { name: 'By customer' }).click();
    await page.getByRole('switch', { name: 'Compare' }).click();
    await expectVisible(table.getByRole('row', { name: /^All together .* 100% 0% / }));
    expect(new URL(page.url()).search).toContain('by=customer');
    await expectAccessible(page);
    await expectToFitAPhone(page);
  });

  test('a number opens into the events it is made of', async () => {
    const { page } = owner;
    await page.getByRole('link', { name: /^\d+ events of gina$/ }).click();
    await expectVisible(page.getByText('Customer gina', { exact: true }));
    await expectVisible(page.getByRole('row', { name: /Counted.*tokens.*30/ }).first());
    await expectAccessible(page);
    await expectToFitAPhone(page);
    await page.getByRole('combobox', { name: 'Status' }).click();
    await page.getByRole('option', { name: 'Rejected' }).click();
    await expectVisible(page.getByText('None of these'));
  });

  test('a customer’s page shows how a period grew against its limit', async () => {
    const { page } = owner;
    await shop().ask('POST', 'features', { key: 'tokens', name: 'Tokens', type: 'metered', meter: 'tokens' });
    await shop().ask('POST', 'customers/gina/entitlement-overrides', {
      feature: 'tokens',
      limit: 1_000,
      reason: 'To try it.',
    });
    await page.goto(`${shop().home}/customers/gina`);
    await expectVisible(page.getByText(/^300 of 1,000 used, /));
    const growth = page.getByRole('table', { name: 'How it came about' });
    await expectVisible(growth.getByRole('row', { name: /^\w+ \d+, \d{4} \d+ 300$/ }).last());
    await expectAccessible(page);
    await expectToFitAPhone(page);
    await page.getByRole('link', { name: 'Explore' }).click();
    await expectVisible(page.getByRole('button', { name: 'Show all customers' }));
  });
});

/** Two events of 30 tokens as each of the last twenty days began: just before, and just as much before that. */
function* events() {
  const today = Math.floor(Date.now() / day) * day;
  for (let days = 0; days < 20; days++) {
    for (const [customer, model] of [
      [days % 2 === 0 ? 'gina' : 'hugo', 'large'],
      ['ivy', days % 2 === 0 ? 'large' : 'small'],
    ]) {
      yield {
        idempotency_key: crypto.randomUUID(),
        customer,
        meter: 'tokens',
        value: 30,
        occurred_at: new Date(today - days * day).toISOString(),
        properties: { model },
      };
    }
  }
}
