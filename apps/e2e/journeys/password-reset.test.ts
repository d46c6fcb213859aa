import { describe, expect, test } from 'vitest';
import { expectAccessible } from '../src/accessible.ts';
import { mailedLink } from '../src/inbox.ts';
import { expectVisible } from '../src/visible.ts';
import { visitor } from '../src/visitor.ts';

const email = `charles-${crypto.randomUUID().slice(0, 8)}@example.com`;
const passwords = { old: 'difference engine', new: 'analytical engine' };
const refusal = 'This e-mail address and password do not match an account.';
const sent = 'If there is an account for this address, a link is on its way to';

describe('a forgotten password', () => {
  const charles = visitor();
  const known = { link: '' };

  test('a person with an account logs out and forgets the password', async () => {
    await charles.page.goto('/sign-up');
    await charles.page.getByLabel('E-mail').fill(email);
    await charles.page.getByLabel('Password').fill(passwords.old);
    await charles.page.getByRole('button', { name: 'Create account' }).click();
    await charles.page.waitForURL('**/dashboard/new');
    await charles.page.getByRole('button', { name: 'Log out' }).click();
    await charles.page.waitForURL('**/login');
    await expectAccessible(charles.page);

    await logIn('something else');

    await expectVisible(charles.page.getByText(refusal));
    await expectAccessible(charles.page);
  });

  test('asking for a link says the same for every address', async () => {
    await charles.page.getByRole('link', { name: 'Forgot password?' }).click();
    await charles.page.getByRole('heading', { name: 'Reset your password' }).waitFor();
    await expectAccessible(charles.page);
    await askForLink('nobody-at-all@example.com');
    await expectVisible(charles.page.getByText(sent));

    await charles.page.goto('/forgot-password');
    await askForLink(email);

    await expectVisible(charles.page.getByText(sent));
    await expectAccessible(charles.page);
  });

  test('the mailed link lets the person choose a new password', async () => {
    known.link = await mailedLink(email, '/auth/confirm');
    await charles.page.goto(known.link);
    await charles.page.waitForURL('**/reset-password');
    await expectAccessible(charles.page);
    await charles.page.getByLabel('Password').fill(passwords.new);
    await charles.page.getByRole('button', { name: 'Save password' }).click();

    await charles.page.waitForURL('**/dashboard/new');
  });

  test('only the new password works, and the link only once', async () => {
    await charles.page.getByRole('button', { name: 'Log out' }).click();
    await charles.page.goto(known.link);
    await expectVisible(charles.page.getByText('That link has expired or was already used.'));

    await logIn(passwords.old);
    await expectVisible(charles.page.getByText(refusal));
    await logIn(passwords.new);

    await charles.page.waitForURL('**/dashboard/new');
    expect(new URL(charles.page.url()).pathname).toBe('/dashboard/new');
  });

  async function logIn(password: string) {
    await charles.page.getByLabel('E-mail').fill(email);
    await charles.page.getByLabel('Password', { exact: true }).fill(password);
    await charles.page.getByRole('button', { name: 'Log in' }).click();
  }

  async function askForLink(address: string) {
    await charles.page.getByLabel('E-mail').fill(address);
    await charles.page.getByRole('button', { name: 'Send the link' }).click();
  }
});
