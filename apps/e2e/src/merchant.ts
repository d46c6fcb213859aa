import type { Page } from 'playwright-core';
import { expectVisible } from './visible.ts';

const password = 'correct horse battery';

export type Shop = {
  /** The path of the test environment's first page. */
  home: string;
  stripeAccount: string;
  /** Calls the API as the person who is signed in. */
  ask(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer>;
};
export type Answer = { [name: string]: unknown };

/** Signs a new person up, with a merchant whose Stripe is connected. */
export async function openShop(page: Page, name: string): Promise<Shop> {
  await page.goto('/sign-up');
  await page.getByLabel('E-mail').fill(`owner-${crypto.randomUUID().slice(0, 8)}@example.com`);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.waitForURL('**/dashboard/new');
  await page.getByLabel('Company or product name').fill(name);
  await page.getByRole('button', { name: 'Create' }).click();
  await page.waitForURL(/\/dashboard\/[^/]+\/test$/);
  const home = new URL(page.url()).pathname;

  await page.goto(`${home}/settings/stripe`);
  await page.getByRole('button', { name: 'Connect Stripe' }).click();
  await page.getByRole('button', { name: 'Complete onboarding' }).click();
  await page.waitForURL('**/settings/stripe**');
  await expectVisible(page.getByText('Connected', { exact: true }).first());

  const environment = await environmentOf(page, home);
  const ask: Shop['ask'] = (method, path, body) => askApi(page, { method, path, body, environment });
  const { stripe_account_id } = await ask('GET', 'stripe-account');
  return { home, stripeAccount: String(stripe_account_id), ask };
}

async function environmentOf(page: Page, home: string): Promise<string> {
  const me = JSON.stringify(await askApi(page, { method: 'GET', path: 'me' }));
  const found: { merchants: { slug: string; environments: { id: string; slug: string }[] }[] } =
    JSON.parse(me);
  const [, , slug] = home.split('/');
  const environments = found.merchants.find((one) => one.slug === slug)?.environments ?? [];
  const test = environments.find((one) => home.endsWith(`/${one.slug}`));
  if (!test) throw new Error(`There is no environment at ${home}.`);
  return test.id;
}

type Asked = { method: string; path: string; body?: object | undefined; environment?: string };

async function askApi(page: Page, { method, path, body, environment }: Asked): Promise<Answer> {
  const answer = await page.request.fetch(`/api/billing/api/v1/${path}`, {
    method,
    headers: {
      origin: new URL(page.url()).origin,
      'idempotency-key': crypto.randomUUID(),
      ...(environment ? { 'x-billingos-environment': environment } : {}),
    },
    ...(body ? { data: body } : {}),
  });
  const text = await answer.text();
  if (!answer.ok()) throw new Error(`${method} ${path} was answered ${answer.status()}: ${text}`);
  const read: unknown = JSON.parse(text);
  if (!isAnswer(read)) throw new Error(`${method} ${path} was answered ${text}`);
  return read;
}

function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
