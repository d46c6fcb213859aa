import { describe, expect, test } from 'vitest';
import { expectAccessible, expectToFitAPhone } from '../src/accessible.ts';
import { openShop, type Shop } from '../src/merchant.ts';
import { expectVisible } from '../src/visible.ts';
import { visitor } from '../src/visitor.ts';

describe('selling credits, and capping use', () => {
  const owner = visitor('owner');
  const customer = visitor('customer');
  const known: { shop?: Shop; link: string } = { link: '' };
  const shop = () => {
    if (!known.shop) throw new Error('The first step opens the shop.');
    return known.shop;
  };

  test('a feature gets a price in credits', async () => {
    const { page } = owner;
    known.shop = await openShop(page, 'Weather Works');
    await page.goto(`${shop().home}/features`);
    await page.getByRole('button', { name: 'New feature' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Feature name').fill('Forecasts');
    await dialog.getByRole('combobox', { name: 'Type' }).click();
    await page.getByRole('option', { name: 'Metered' }).click();
    await dialog.getByLabel('Credits for one unit').fill('2.5');
    await expectAccessible(page);
    await expectToFitAPhone(page);
    await dialog.getByRole('button', { name: 'Create feature' }).click();

    await expectVisible(page.getByRole('row', { name: /Forecasts.*2\.5/ }));
    await page.getByRole('button', { name: 'Edit Forecasts' }).click();
    await dialog.getByLabel('Credits for one unit').fill('4');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    await expectVisible(page.getByRole('row', { name: /Forecasts.*forecasts.*4/ }));
    await expectAccessible(page);
    await expectToFitAPhone(page);
  });

  test('a pack of credits is put on sale', async () => {
    const { page } = owner;
    await page.goto(`${shop().home}/credit-packs`);
    await expectVisible(page.getByText('No credit packs yet'));
    await expectAccessible(page);
    await page.getByRole('button', { name: 'New pack' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('500 credits');
    await dialog.getByLabel('Credits', { exact: true }).fill('500');
    await dialog.getByLabel('Price').fill('39');
    await dialog.getByLabel('Days until they expire').fill('365');
    await expectAccessible(page);
    await expectToFitAPhone(page);
    await dialog.getByRole('button', { name: 'Create pack' }).click();

    await expectVisible(page.getByRole('row', { name: /500 credits.*500_credits.*500.*\$39.*365 days/ }));
    await expectAccessible(page);
    await expectToFitAPhone(page);
  });

  test('a plan caps use in time and in money, and grants credits each month', async () => {
    const { page } = owner;
    await page.goto(`${shop().home}/plans/new`);
    await page.getByLabel('Name', { exact: true }).fill('Studio');
    await page.getByLabel('Amount', { exact: true }).fill('20');
    await page.getByRole('switch', { name: 'Forecasts' }).click();
    await page.getByLabel('Forecasts per period').fill('10');
    await page.getByRole('button', { name: 'Add a cap of Forecasts' }).click();
    await page.getByLabel('Forecasts in each minute').fill('3');
    await page.getByRole('textbox', { name: 'Credits (optional)' }).fill('50');
    await page.getByRole('switch', { name: /^Carry over/ }).click();
    await page.getByLabel('Carried over at most').fill('100');
    await page.getByLabel('Use costs at most').fill('200');
    const preview = page.getByRole('complementary', { name: 'Preview' });
    await expectVisible(preview.getByText('10 Forecasts, at most 3 a minute'));
    await expectVisible(preview.getByText('50 credits each month, up to 100 carried over'));
    await expectVisible(preview.getByText('Use costs at most $200 a period'));
    await expectAccessible(page);
    await expectToFitAPhone(page);
    await page.getByRole('button', { name: 'Publish plan' }).click();

    await page.waitForURL('**/plans');
    const card = page.getByRole('article').filter({ hasText: 'Studio' });
    await expectVisible(card.getByText('50 credits each month, up to 100 carried over'));
  });

  test('its next version says what changes for a subscriber', async () => {
    const { page } = owner;
    await page.getByRole('article').getByRole('link', { name: 'Studio' }).click();
    await page.getByRole('link', { name: 'Edit prices' }).click();
    await page.getByLabel('Forecasts in each minute').fill('5');
    await page.getByRole('button', { name: 'Save draft' }).click();

    await expectVisible(page.getByText('No longer: 10 Forecasts, at most 3 a minute'));
    await expectVisible(page.getByText('New: 10 Forecasts, at most 5 a minute'));
    await expectAccessible(page);
    await expectToFitAPhone(page);
  });

  test('a customer gets a spend cap of their own, and a link to buy credits', async () => {
    const { page } = owner;
    await shop().ask('POST', 'customers', { external_id: 'ebenezer', name: 'Ebenezer Scrooge' });
    await page.goto(`${shop().home}/customers/ebenezer`);
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: 'Set own cap' }).click();
    await dialog.getByLabel('In a billing period').fill('30');
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Set the cap' }).click();
    await expectVisible(page.getByText('$30 for this customer, whatever the plan says.'));
    await page.getByRole('button', { name: 'Low balance' }).click();
    await dialog.getByLabel('Low is below').fill('100');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Grant credits' }).click();
    await dialog.getByLabel('Credits', { exact: true }).fill('20');
    await dialog.getByRole('button', { name: 'Grant credits' }).click();
    await dialog.waitFor({ state: 'detached' });
    await expectVisible(page.getByText('Below 100'));
    await expectAccessible(page);
    await expectToFitAPhone(page);

    await page.getByRole('button', { name: 'Top-up link' }).click();
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Create link' }).click();
    known.link = (await dialog.getByRole('link', { name: 'Open the page' }).getAttribute('href')) ?? '';
    expect(new URL(known.link).pathname).toMatch(/^\/top-up\/[\w-]{43}$/);
    await dialog.getByRole('button', { name: 'Done' }).click();
  });

  test('the customer buys a pack there, after a card that was declined', async () => {
    const { page } = customer;
    await page.goto(known.link);
    await expectVisible(page.getByRole('heading', { name: '20 credits' }));
    await page.getByLabel('How many').fill('2');
    await card('4000 0000 0000 0341');
    await expectAccessible(page);
    await expectToFitAPhone(page);
    await page.getByRole('button', { name: 'Pay $78' }).click();
    await expectVisible(page.getByText(/Your bank declined the card/));
    await expectAccessible(page);

    await card('4000 0025 0000 3155');
    await page.getByRole('button', { name: 'Pay $78' }).click();
    await page.getByRole('button', { name: 'Complete authentication' }).click();

    await expectVisible(page.getByText('1,000 credits are yours, for $78. Thank you.'));
    await expectVisible(page.getByRole('heading', { name: '1,020 credits' }));
    await expectAccessible(page);
    await expectToFitAPhone(page);
  });

  test('and the merchant sees the balance, the purchase and its invoice', async () => {
    const { page } = owner;
    await page.goto(`${shop().home}/customers/ebenezer`);
    await expectVisible(page.getByText('1,020', { exact: true }));
    const purchases = page.getByRole('table', { name: 'Purchases' });
    await expectVisible(purchases.getByRole('row', { name: /2 × 500 credits.*1,000.*\$78.*Paid/ }));
    await expectVisible(purchases.getByRole('row', { name: /2 × 500 credits.*Failed/ }));
    await expectVisible(
      page.getByRole('table', { name: 'Ledger' }).getByRole('row', { name: /Granted.*\+1,000/ }),
    );
    await expectVisible(
      page.getByRole('table', { name: 'Invoices' }).getByRole('row', { name: /Paid.*\$78/ }),
    );
    await page.getByRole('button', { name: 'Automatic top-up' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Below').fill('50');
    await dialog.getByLabel('At most in 30 days (USD)').fill('100');
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });

    await expectVisible(page.getByText(/Buys “500 credits” when fewer than 50 are left/));
    await expectAccessible(page);
    await expectToFitAPhone(page);
  });

  async function card(number: string) {
    const { page } = customer;
    await page.getByLabel('Card number').fill(number);
    await page.getByLabel('Expiry').fill('12 / 40');
    await page.getByLabel('CVC').fill('123');
  }
});
