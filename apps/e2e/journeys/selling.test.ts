import { describe, expect, test } from 'vitest';
import { expectAccessible, expectToFitAPhone } from '../src/accessible.ts';
import { openShop, type Shop } from '../src/merchant.ts';
import { expectVisible } from '../src/visible.ts';
import { visitor } from '../src/visitor.ts';

describe('selling seats and use', () => {
  const owner = visitor();
  const known: { shop?: Shop; invoice: string } = { invoice: '' };
  const shop = () => {
    if (!known.shop) throw new Error('The first step opens the shop.');
    return known.shop;
  };

  test('a plan with seats and use in steps is put together and published', async () => {
    const { page } = owner;
    known.shop = await openShop(page, 'Counting House');
    await shop().ask('POST', 'features', { key: 'api_calls', name: 'API calls', type: 'metered' });
    await page.goto(`${shop().home}/plans/new`);
    await page.getByLabel('Name', { exact: true }).fill('Team');
    await page.getByLabel('Amount', { exact: true }).fill('20');
    await page.getByRole('switch', { name: 'API calls' }).click();
    await page.getByLabel('API calls per period').fill('1,000');
    await addPrice('By seat');
    await page.getByLabel('Amount of one seat').fill('10');
    await addPrice('In steps');
    await page.getByRole('combobox', { name: 'What is counted' }).click();
    await page.getByRole('option', { name: 'API calls' }).click();
    await page.getByLabel('Tier 1 up to').fill('1,000');
    await page.getByLabel('Tier 1, each unit').fill('0');
    await page.getByLabel('Tier 2, each unit').fill('0.01');
    const preview = page.getByRole('complementary', { name: 'Preview' });
    await expectVisible(preview.getByText('$20'));
    await expectVisible(preview.getByText('+ $10 a seat'));
    await expectAccessible(page);
    await expectToFitAPhone(page);
    await page.getByRole('button', { name: 'Publish plan' }).click();

    await page.waitForURL('**/plans');
    await expectVisible(page.getByRole('article').filter({ hasText: 'Team' }).getByText('+ $10 a seat'));
  });

  test('a customer buys two seats at the checkout', async () => {
    const { page } = owner;
    await shop().ask('POST', 'customers', {
      external_id: 'bob',
      name: 'Bob Cratchit',
      email: 'bob@example.com',
    });
    await page.goto(`${shop().home}/customers/bob`);
    await page.getByRole('button', { name: 'Create checkout link' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: 'Plan' }).click();
    await page.getByRole('option', { name: 'Team' }).click();
    await dialog.getByLabel('Quantity').fill('2');
    await dialog.getByRole('button', { name: 'Create link' }).click();
    const popup = page.waitForEvent('popup');
    await dialog.getByRole('link', { name: 'Open checkout' }).click();
    const checkout = await popup;
    await checkout.getByLabel('Card number').fill('4242 4242 4242 4242');
    await checkout.getByLabel('Expiry').fill('12 / 40');
    await checkout.getByLabel('CVC').fill('123');
    await checkout.getByLabel('Name on card').fill('Bob Cratchit');
    await checkout.getByRole('button', { name: 'Subscribe' }).click();
    await checkout.waitForURL('**/customers/**');
    await checkout.close();

    await dialog.getByRole('button', { name: 'Done' }).click();
    await expectVisible(page.getByText(/\$20 \/ month \+ 2 × \$10 \/ month/));
    await expectAccessible(page);
    await expectToFitAPhone(page);
  });

  test('what a change is said to charge is what it charges', async () => {
    const { page } = owner;
    await page.getByRole('link', { name: 'Team' }).click();
    await page.getByRole('heading', { name: 'Bob Cratchit on Team' }).waitFor();
    await expectAccessible(page);
    await expectToFitAPhone(page);
    await page.getByRole('button', { name: 'Change', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Quantity').fill('5');
    const said = dialog.getByRole('row', { name: /^Charged now/ });
    await expectVisible(said);
    await expectAccessible(page);
    const amount = (await said.getByRole('cell').textContent()) ?? '';
    expect(amount).toMatch(/^\$(29|30)(\.\d\d)?$/);
    await dialog.getByRole('button', { name: 'Change now' }).click();
    await dialog.waitFor({ state: 'detached' });

    await expectVisible(page.getByRole('row', { name: /By seat.*5.*\$50/ }));
    await page.goto(`${shop().home}/customers/bob`);
    const charged = page.getByRole('table', { name: 'Invoices' }).getByRole('row').nth(1);
    await expectVisible(charged.getByText('Paid'));
    await expectVisible(charged.getByText(amount, { exact: true }));
  });

  test('who pays by transfer is invoiced by the merchant, with a PDF', async () => {
    const { page } = owner;
    await shop().ask('POST', 'customers', { external_id: 'jacob', name: 'Jacob Marley' });
    await page.goto(`${shop().home}/customers/jacob`);
    await page.getByRole('button', { name: 'Subscribe' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: 'Plan' }).click();
    await page.getByRole('option', { name: 'Team' }).click();
    await dialog.getByLabel('Quantity').fill('3');
    await dialog.getByRole('combobox', { name: 'Paid with' }).click();
    await page.getByRole('option', { name: 'By your invoice' }).click();
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Subscribe' }).click();
    await dialog.waitFor({ state: 'detached' });

    const invoice = page.getByRole('link', { name: 'INV-000001' });
    await expect
      .poll(
        async () => {
          await page.reload();
          await page.getByRole('heading', { name: 'Invoices' }).waitFor();
          await page.waitForLoadState('networkidle');
          return invoice.count();
        },
        { timeout: 45_000 },
      )
      .toBe(1);
    await invoice.click();
    await page.getByRole('heading', { name: 'INV-000001 for Jacob Marley' }).waitFor();
    await expectVisible(page.getByText('$50').first());
    await expectAccessible(page);
    await expectToFitAPhone(page);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'PDF' }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe('INV-000001.pdf');
    const chunks: Buffer[] = [];
    for await (const chunk of await file.createReadStream()) chunks.push(Buffer.from(chunk));
    expect(Buffer.concat(chunks).subarray(0, 5).toString()).toBe('%PDF-');
  });

  test('and marked as paid when the money has come', async () => {
    const { page } = owner;
    await page.getByRole('button', { name: 'Mark as paid' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reference').fill('Transfer 118');
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Mark as paid' }).click();
    await dialog.waitFor({ state: 'detached' });

    await expectVisible(page.getByText('Paid', { exact: true }).first());
    expect(await page.getByRole('button', { name: 'Mark as paid' }).count()).toBe(0);
  });

  test('a consumer key is shown once, rotated and revoked', async () => {
    const { page } = owner;
    await page.goto(`${shop().home}/consumer-keys`);
    await expectVisible(page.getByText('No keys yet'));
    await page.getByRole('button', { name: 'New key' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Customer').fill('bob');
    await dialog.getByLabel('Name').fill('Production');
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Create key' }).click();
    await dialog.getByRole('heading', { name: 'Copy the key now' }).waitFor();
    const secret = await dialog.getByRole('group', { name: 'New API key' }).textContent();
    await dialog.getByRole('button', { name: 'I have stored it' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await verified(secret)).toMatchObject({ valid: true, name: 'Production', external_id: 'bob' });
    await page.reload();
    const rotate = page.getByRole('button', { name: 'Rotate Production' });
    await rotate.press('Enter');
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await expect.poll(() => rotate.evaluate((button) => button === document.activeElement)).toBe(true);
    await rotate.click();
    await dialog.getByRole('button', { name: 'Rotate key' }).click();
    await dialog.getByRole('button', { name: 'I have stored it' }).click();
    await expectVisible(page.getByText('Replaced, still valid'));
    expect(await page.content()).not.toContain(secret);
    await expectAccessible(page);
    await expectToFitAPhone(page);

    await page
      .getByRole('row', { name: /Replaced/ })
      .getByRole('button', { name: 'Revoke Production' })
      .click();
    await page.getByRole('button', { name: 'Revoke key' }).click();
    await expectVisible(page.getByText('Revoked', { exact: true }));
    await expect
      .poll(() => verified(secret), { timeout: 15_000 })
      .toMatchObject({ valid: false, code: 'revoked' });
  });

  test.each([
    'api-analytics',
    'disputes',
    'settings/emails',
    'developers/usage-events',
    'coupons',
    'usage/periods',
  ])('the page %s is accessible and fits a phone', async (path) => {
    const { page } = owner;
    await page.goto(`${shop().home}/${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page
      .getByRole('status', { name: /^Loading/ })
      .first()
      .waitFor({ state: 'detached' });
    await expectAccessible(page);
    await expectToFitAPhone(page);
  });

  function verified(key: string | null) {
    return shop().ask('POST', 'keys/verify', { key });
  }

  async function addPrice(model: string) {
    const { page } = owner;
    await page.getByRole('button', { name: 'Add a price' }).click();
    await page.getByRole('combobox', { name: 'Model' }).last().click();
    await page.getByRole('option', { name: model }).click();
    await page.getByRole('combobox', { name: 'Interval' }).last().click();
    await page.getByRole('option', { name: 'month' }).click();
  }
});
