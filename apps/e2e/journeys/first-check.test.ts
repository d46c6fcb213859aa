import { BillingOS } from '@billingos/sdk';
import type { Locator } from 'playwright-core';
import { describe, expect, inject, test } from 'vitest';
import { expectAccessible, expectToFitAPhone } from '../src/accessible.ts';
import { expectVisible } from '../src/visible.ts';
import { visitor } from '../src/visitor.ts';

const { api } = inject('addresses');
const password = 'correct horse battery';
const email = `ada-${crypto.randomUUID().slice(0, 8)}@example.com`;

/** What later steps need from earlier ones. */
const known = { home: '', customer: '', secretKey: '' };

describe('from signing up to the first check', () => {
  const ada = visitor();

  test('a visitor signs up from the landing page', async () => {
    await ada.page.goto('/');
    await expectAccessible(ada.page);
    await expectToFitAPhone(ada.page);
    await ada.page.getByRole('navigation', { name: 'Site' }).getByRole('link', { name: 'Sign up' }).click();
    await ada.page.getByRole('heading', { name: 'Create your account' }).waitFor();
    await expectAccessible(ada.page);

    await ada.page.getByLabel('E-mail').fill(email);
    await ada.page.getByLabel('Password').fill('short');
    await ada.page.getByRole('button', { name: 'Create account' }).click();
    await expectVisible(ada.page.getByText('Use at least 10 characters.'));
    await ada.page.getByLabel('Password').fill(password);
    await ada.page.getByRole('button', { name: 'Create account' }).click();

    await ada.page.waitForURL('**/dashboard/new');
  });

  test('creating a merchant opens its test environment with a checklist', async () => {
    await ada.page.getByRole('heading', { name: 'What do you sell?' }).waitFor();
    await expectAccessible(ada.page);
    await ada.page.getByLabel('Company or product name').fill('Analytical Engines');
    await ada.page.getByRole('button', { name: 'Create' }).click();

    await ada.page.waitForURL(/\/dashboard\/analytical-engines[^/]*\/test$/);
    known.home = new URL(ada.page.url()).pathname;
    await expectVisible(ada.page.getByText('0 of 6 steps done'));
    await expectVisible(ada.page.getByText('Test mode.'));
    await expectAccessible(ada.page);
    await expectToFitAPhone(ada.page);
  });

  test('what needs attention leads to connecting Stripe', async () => {
    await ada.page.getByRole('link', { name: 'Stripe is not connected, so nobody can pay.' }).click();
    await expectVisible(ada.page.getByText('Not connected', { exact: true }));
    await expectAccessible(ada.page);
    await ada.page.getByRole('button', { name: 'Connect Stripe' }).click();
    await ada.page.getByRole('button', { name: 'Complete onboarding' }).click();

    await ada.page.waitForURL('**/settings/stripe**');
    await expectVisible(ada.page.getByText('Connected', { exact: true }).first());
    await expectVisible(ada.page.getByText('The built-in Stripe emulator takes the payments here.'));
    await expectAccessible(ada.page);
    await expectToFitAPhone(ada.page);
  });

  test('a plan is published with a switch and a metered feature made on the spot', async () => {
    await ada.page.getByRole('link', { name: 'Plans' }).click();
    await expectVisible(ada.page.getByText('No plans yet'));
    await expectAccessible(ada.page);
    await ada.page.getByRole('link', { name: 'New plan' }).first().click();
    await ada.page.getByLabel('Name', { exact: true }).fill('Pro');
    await ada.page.getByLabel('Amount').fill('29.5');

    await createFeature('CSV exports');
    await createFeature('API calls', 'Metered', async (dialog) => {
      await dialog.getByRole('button', { name: 'Add a condition' }).click();
      await dialog.getByRole('button', { name: 'Create feature' }).click();
      await expectVisible(dialog.getByText('Name the property of each condition.'));
      await dialog.getByLabel('Property of condition 1').fill('internal');
      await dialog.getByLabel('Comparison of condition 1').click();
      await ada.page.getByRole('option', { name: 'is missing' }).click();
      await dialog.getByLabel('Broken down by').fill('region');
      await dialog.getByRole('combobox', { name: 'In an outage' }).click();
      await ada.page.getByRole('option', { name: 'Allow' }).click();
      await expectAccessible(ada.page);
      await expectToFitAPhone(ada.page);
    });
    await ada.page.getByLabel('API calls per period').fill('1,000');
    await expectAccessible(ada.page);
    await expectToFitAPhone(ada.page);
    const preview = ada.page.getByRole('complementary', { name: 'Preview' });
    await expectVisible(preview.getByText('$29.50'));
    await expectVisible(preview.getByText('1,000 API calls'));
    await ada.page.getByRole('button', { name: 'Publish plan' }).click();

    await ada.page.waitForURL('**/plans');
    const plan = ada.page.getByRole('article').filter({ hasText: 'Pro' });
    await expectVisible(plan.getByText('$29.50'));
    await expectVisible(plan.getByText('CSV exports'));
    await expectVisible(plan.getByText('0 subscribers'));
    await expectAccessible(ada.page);
    await expectToFitAPhone(ada.page);
  });

  test('a key is shown once and can be copied', async () => {
    await ada.page.getByRole('link', { name: 'API keys' }).click();
    await expectVisible(ada.page.getByText('No API keys yet'));
    await ada.page.getByRole('button', { name: 'New API key' }).first().click();
    const dialog = ada.page.getByRole('dialog');
    await expectAccessible(ada.page);
    await dialog.getByLabel('Name').fill('Backend');
    await dialog.getByRole('button', { name: 'Create key' }).click();
    await ada.page.getByRole('heading', { name: 'Copy your key now' }).waitFor();
    await expectAccessible(ada.page);
    await ada.page.keyboard.press('Escape');
    await dialog.getByRole('button', { name: 'Copy key' }).click();
    await dialog.getByRole('button', { name: 'Copied' }).waitFor();
    known.secretKey = await ada.page.evaluate(() => navigator.clipboard.readText());
    await dialog.getByRole('button', { name: 'I have stored it' }).click();
    await dialog.waitFor({ state: 'detached' });

    expect(known.secretKey).toMatch(/^bos_sk_test_\w{32,}$/);
    await ada.page.reload();
    await expectVisible(ada.page.getByRole('cell', { name: 'Backend', exact: true }));
    expect(await ada.page.content()).not.toContain(known.secretKey);
    await expectAccessible(ada.page);
    await expectToFitAPhone(ada.page);
  });

  test('a customer is created and found by search', async () => {
    await ada.page.getByRole('link', { name: 'Customers' }).click();
    await expectVisible(ada.page.getByText('No customers yet'));
    await ada.page.getByRole('button', { name: 'New customer' }).first().click();
    const dialog = ada.page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Grace Hopper');
    await dialog.getByLabel('E-mail').fill('no address');
    await dialog.getByLabel('External id').fill('user_42');
    await dialog.getByRole('button', { name: 'Create customer' }).click();
    // The API refuses the address; its words stand at the field.
    await dialog.getByLabel('E-mail').and(ada.page.locator('[aria-invalid=true]')).waitFor();
    await expectAccessible(ada.page);
    await dialog.getByLabel('E-mail').fill('grace@example.com');
    await dialog.getByRole('button', { name: 'Create customer' }).click();

    await ada.page.waitForURL('**/customers/cus_*');
    known.customer = new URL(ada.page.url()).pathname;
    await ada.page.getByRole('heading', { name: 'Grace Hopper' }).waitFor();
    await expectAccessible(ada.page);
    await expectToFitAPhone(ada.page);
    await ada.page.goto(`${known.home}/customers`);
    await ada.page.getByRole('searchbox', { name: 'Search by name, e-mail or id' }).fill('hop');
    await ada.page.waitForURL('**/customers?search=hop');
    await ada.page.getByRole('link', { name: 'Grace Hopper' }).waitFor();
    await expectAccessible(ada.page);
    await ada.page.getByRole('searchbox').fill('nobody');
    await expectVisible(ada.page.getByText('Nobody matches'));
  });

  test('the customer pays through a checkout link and the dashboard shows the subscription', async () => {
    await ada.page.goto(known.customer);
    await ada.page.getByRole('button', { name: 'Create checkout link' }).click();
    const dialog = ada.page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: 'Plan' }).click();
    await ada.page.getByRole('option', { name: 'Pro' }).click();
    await expectAccessible(ada.page);
    await dialog.getByRole('button', { name: 'Create link' }).click();
    const checkout = ada.page.waitForEvent('popup');
    await dialog.getByRole('link', { name: 'Open checkout' }).click();
    const grace = await checkout;
    await grace.getByLabel('Card number').fill('4242 4242 4242 4242');
    await grace.getByLabel('Expiry').fill('12 / 40');
    await grace.getByLabel('CVC').fill('123');
    await grace.getByLabel('Name on card').fill('Grace Hopper');
    await grace.getByRole('button', { name: 'Subscribe' }).click();
    await grace.waitForURL(`**${known.customer}`);
    await grace.close();

    await dialog.getByRole('button', { name: 'Done' }).click();
    await expectVisible(ada.page.getByText('Active', { exact: true }));
    await expectVisible(ada.page.getByText(/\$29\.50 \/ month\. Renews/));
    await ada.page.reload();
    await expectVisible(ada.page.getByText('0 of 1,000'));
    await expectAccessible(ada.page);
    await ada.page.getByRole('link', { name: 'Subscriptions' }).click();
    await expectVisible(ada.page.getByRole('row', { name: /Grace Hopper.*Pro.*Active/ }));
    await expectAccessible(ada.page);
    await expectToFitAPhone(ada.page);
  });

  test('the checklist ticks by itself when the first check arrives', async () => {
    await ada.page.getByRole('link', { name: 'Home' }).click();
    await expectVisible(ada.page.getByText('5 of 6 steps done'));
    await expectVisible(ada.page.getByText('First check received, to do'));
    await expectAccessible(ada.page);
    const billing = new BillingOS({ secretKey: known.secretKey, baseUrl: api });

    expect(await billing.hasFeature('user_42', 'csv_exports')).toBe(true);

    await expectVisible(ada.page.getByText('First check received, done'));
    await expectVisible(ada.page.getByText('All done. You are ready to go live.'));
    await billing.close();
  });

  test('tracked usage shows up at the customer and in the usage list', async () => {
    const billing = new BillingOS({ secretKey: known.secretKey, baseUrl: api });
    await billing.trackUsage('user_42', 'api_calls', 250);
    await billing.close();

    await ada.page.goto(known.customer);
    await expectVisible(ada.page.getByText('250 of 1,000'));
    await expectAccessible(ada.page);
    await ada.page.getByRole('link', { name: 'Usage', exact: true }).click();
    await expectVisible(ada.page.getByRole('row', { name: /^api_calls 250 1$/ }));
    await ada.page.getByRole('link', { name: 'Totals by billing period' }).click();
    await expectVisible(ada.page.getByRole('row', { name: /user_42.*api_calls.*250/ }));
    await expectAccessible(ada.page);
    await expectToFitAPhone(ada.page);
  });

  test('replaying a webhook changes nothing', async () => {
    await ada.page.getByRole('link', { name: 'Webhook inbox' }).click();
    await ada.page.getByRole('button', { name: 'Replay customer.subscription.created' }).click();
    await expectVisible(ada.page.getByText('customer.subscription.created is processed again'));
    await expectAccessible(ada.page);
    await expectToFitAPhone(ada.page);

    await ada.page.goto(`${known.home}/subscriptions`);
    await expectVisible(ada.page.getByText('1 subscription', { exact: true }));
    await expectVisible(ada.page.getByRole('row', { name: /Grace Hopper.*Pro.*Active/ }));
  });

  test('the export holds what the list shows', async () => {
    await ada.page.goto(`${known.home}/customers`);
    const download = ada.page.waitForEvent('download');
    await ada.page.getByRole('button', { name: 'Export CSV' }).click();
    const file = await download;
    const chunks: Buffer[] = [];
    for await (const chunk of await file.createReadStream()) chunks.push(Buffer.from(chunk));
    const [header, row] = Buffer.concat(chunks).toString('utf8').replace('\uFEFF', '').split('\r\n');

    expect(file.suggestedFilename()).toBe('customers.csv');
    expect(header).toBe('id,external_id,name,email,stripe_customer_id,created_at');
    expect(row).toMatch(/^cus_\w+,user_42,Grace Hopper,grace@example\.com,cus_\w+,/);
  });

  test('canceling now takes the access away', async () => {
    await ada.page.goto(known.customer);
    await ada.page.getByRole('button', { name: 'Cancel subscription' }).click();
    const dialog = ada.page.getByRole('alertdialog');
    await dialog.getByRole('radio', { name: /^Now/ }).check();
    await expectAccessible(ada.page);
    await dialog.getByRole('button', { name: 'Cancel subscription' }).click();
    await expectVisible(ada.page.getByText('Canceled', { exact: true }));

    const billing = new BillingOS({ secretKey: known.secretKey, baseUrl: api });
    await expect.poll(() => billing.hasFeature('user_42', 'csv_exports'), { timeout: 45_000 }).toBe(false);
    await billing.close();
  });

  test('a key is rotated, and the old one opens until it is revoked', async () => {
    const statusOf = async (key: string | null) =>
      (await fetch(`${api}/api/v1/customers`, { headers: { authorization: `Bearer ${key}` } })).status;
    await ada.page.goto(`${known.home}/developers/api-keys`);
    await ada.page.getByRole('button', { name: 'Rotate Backend' }).click();
    await expectAccessible(ada.page);
    await ada.page.getByRole('button', { name: 'Rotate key' }).click();
    const successor = await ada.page.getByRole('group', { name: 'New API key' }).textContent();
    await expectVisible(ada.page.getByText(/stays valid until .* UTC, and is refused after that/));
    await expectAccessible(ada.page);
    await ada.page.getByRole('button', { name: 'I have stored it' }).click();
    await expectVisible(ada.page.getByText('Replaced, still valid'));
    expect([await statusOf(known.secretKey), await statusOf(successor)]).toEqual([200, 200]);
    await expectAccessible(ada.page);
    await expectToFitAPhone(ada.page);

    await ada.page
      .getByRole('row', { name: /Replaced/ })
      .getByRole('button', { name: 'Revoke Backend' })
      .click();
    await expectAccessible(ada.page);
    await ada.page.getByRole('button', { name: 'Revoke key' }).click();
    await expectVisible(ada.page.getByRole('cell', { name: 'Revoked' }));

    await expect.poll(() => statusOf(known.secretKey), { timeout: 45_000 }).toBe(401);
    expect(await statusOf(successor)).toBe(200);
  });

  test.each([
    'features',
    'developers/quickstart',
    'developers/jobs',
    'invoices',
    'recovery',
    'alerts',
    'reconciliation',
    'settings/general',
    'settings/payment-recovery',
    'settings/invoicing',
    'settings/usage',
    'settings/subscriptions',
    'settings/audit-log',
  ])('the page %s is accessible and fits a phone', async (path) => {
    await ada.page.goto(`${known.home}/${path}`);
    await ada.page.getByRole('heading', { level: 1 }).waitFor();
    await ada.page.getByRole('status', { name: /^Loading/ }).waitFor({ state: 'detached' });
    await expectAccessible(ada.page);
    await expectToFitAPhone(ada.page);
  });

  test('the live environment shares nothing with the test one', async () => {
    await ada.page.goto(`${known.home}/customers`);
    await ada.page.getByRole('button', { name: 'Environment: Test' }).click();
    await ada.page.getByRole('menuitemradio', { name: 'Live' }).click();

    await ada.page.waitForURL('**/live/customers');
    await expectVisible(ada.page.getByText('No customers yet'));
    expect(await ada.page.getByText('Test mode.').count()).toBe(0);
  });

  test('on a phone the navigation opens from the menu', async () => {
    await ada.page.setViewportSize({ width: 390, height: 844 });
    await ada.page.goto(known.home);
    await ada.page.getByRole('button', { name: 'Open navigation' }).click();
    await expectAccessible(ada.page);
    await ada.page.getByRole('dialog').getByRole('link', { name: 'Plans' }).click();

    await ada.page.waitForURL('**/plans');
    await ada.page.getByRole('heading', { name: 'Plans', level: 1 }).waitFor();
    await ada.page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  async function createFeature(
    name: string,
    type?: 'Metered',
    more: (dialog: Locator) => Promise<void> = () => Promise.resolve(),
  ) {
    await ada.page.getByRole('button', { name: 'New feature' }).click();
    const dialog = ada.page.getByRole('dialog');
    await dialog.getByLabel('Feature name').fill(name);
    if (type) {
      await dialog.getByRole('combobox', { name: 'Type' }).click();
      await ada.page.getByRole('option', { name: type }).click();
      await expectAccessible(ada.page);
    }
    await more(dialog);
    await dialog.getByRole('button', { name: 'Create feature' }).click();
    await dialog.waitFor({ state: 'detached' });
    await ada.page.getByRole('switch', { name }).and(ada.page.locator('[data-state=checked]')).waitFor();
  }
});
