import { describe, expect, test } from 'vitest';
import { expectAccessible, expectToFitAPhone } from '../src/accessible.ts';
import { mailedLink } from '../src/inbox.ts';
import { openShop, type Shop } from '../src/merchant.ts';
import { stripeAccount } from '../src/stripe-account.ts';
import { expectVisible } from '../src/visible.ts';
import { visitor } from '../src/visitor.ts';

const email = `tim-${crypto.randomUUID().slice(0, 8)}@example.com`;

describe('moving in from Stripe, and winning a failed payment back', () => {
  const owner = visitor('owner');
  const customer = visitor('customer');
  const known: { shop?: Shop; clock: string; stripeCustomer: string } = { clock: '', stripeCustomer: '' };
  const shop = () => {
    if (!known.shop) throw new Error('The first step opens the shop.');
    return known.shop;
  };

  test('a rehearsal says what an import would make, and makes nothing', async () => {
    const { page } = owner;
    known.shop = await openShop(page, 'Tiny Goods');
    // On Stripe somebody has subscribed: a month and a day ago, by a clock of their own that has not moved since.
    const person = { name: 'Tim Cratchit', email, external_id: 'tim' };
    const { clock, customer: id } = await stripeAccount(shop().stripeAccount).subscriber(person, 32);
    known.clock = clock;
    known.stripeCustomer = id;
    await page.goto(`${shop().home}/settings/stripe-import`);
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Rehearse the import' }).click();

    await page.getByRole('heading', { name: /^Rehearsal of/ }).waitFor();
    await expectVisible(page.getByText('Nothing was changed.', { exact: false }));
    for (const kind of ['Products', 'Prices', 'Customers', 'Subscriptions']) {
      await expectVisible(page.getByRole('row', { name: new RegExp(`^${kind} 1 0 0 0`) }));
    }
    await expectAccessible(page);
    await expectToFitAPhone(page);
    expect(await shop().ask('GET', 'customers')).toMatchObject({ data: [] });
  });

  test('the import makes it', async () => {
    const { page } = owner;
    await page.getByRole('button', { name: 'Import now' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Import now' }).click();
    await page.getByRole('heading', { name: /^Import of/ }).waitFor();
    await expectVisible(page.getByRole('row', { name: /^Subscriptions 1 0 0 0/ }));
    await expectAccessible(page);

    await page.goto(`${shop().home}/subscriptions`);
    await expectVisible(page.getByRole('row', { name: /Tim Cratchit.*Standard.*Active/ }));
  });

  test('a renewal that is declined is shown, and the customer gets a mail', async () => {
    const { page } = owner;
    const stripe = stripeAccount(shop().stripeAccount);
    const id = known.stripeCustomer;
    const card = await stripe.post('payment_methods/pm_card_chargeCustomerFail/attach', { customer: id });
    await stripe.post(`customers/${id}`, { 'invoice_settings[default_payment_method]': card.id });
    const now = String(Math.floor(Date.now() / 1000));
    await stripe.post(`test_helpers/test_clocks/${known.clock}/advance`, { frozen_time: now });

    await expect
      .poll(
        async () => {
          await page.goto(`${shop().home}/recovery`);
          await page.getByRole('heading', { level: 1 }).waitFor();
          await page.waitForLoadState('networkidle');
          return page.getByRole('row', { name: /Tim Cratchit.*Recovering/ }).count();
        },
        { timeout: 60_000 },
      )
      .toBe(1);
    await expectAccessible(page);
    await expectToFitAPhone(page);
    await page.goto(`${shop().home}/alerts`);
    await expectVisible(page.getByText('A payment failed'));
    await expectAccessible(page);
  });

  test('the customer pays on the page of the mail, with a card that the bank wants confirmed', async () => {
    const { page } = customer;
    await page.goto(await mailedLink(email, '/pay/'));
    await page.getByLabel('Card number').fill('4000 0025 0000 3155');
    await page.getByLabel('Expiry').fill('12 / 40');
    await page.getByLabel('CVC').fill('123');
    await expectAccessible(page);
    await expectToFitAPhone(page);
    await page.getByRole('button', { name: 'Pay $30' }).click();
    await page.getByRole('button', { name: 'Complete authentication' }).click();

    await expectVisible(page.getByText('Paid. Thank you: everything goes on as before.'));
    await expectAccessible(page);
  });

  test('what was won back is counted', async () => {
    const { page } = owner;
    await expect
      .poll(
        async () => {
          await page.goto(`${shop().home}/recovery`);
          await page.getByRole('heading', { level: 1 }).waitFor();
          await page.waitForLoadState('networkidle');
          return page.getByRole('row', { name: /Tim Cratchit.*Recovered/ }).count();
        },
        { timeout: 60_000 },
      )
      .toBe(1);
    await page.goto(`${shop().home}/subscriptions`);
    await expectVisible(page.getByRole('row', { name: /Tim Cratchit.*Standard.*Active/ }));
  });
});
