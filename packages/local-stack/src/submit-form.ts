import { StackError } from './processes.ts';

/**
 * Opens a page of the Stripe emulator and submits its form as a browser would, with `fields` filled in. Returns
 * the address it leads to, which is not opened.
 */
export async function submitForm(pageUrl: string, fields: Record<string, string>): Promise<string> {
  const page = await fetch(pageUrl);
  const html = await page.text();
  const form = /<form\b[^>]*>[\s\S]*?<\/form>/i.exec(html)?.[0];
  if (!page.ok || form === undefined)
    throw new StackError(`${pageUrl} shows no form (status ${page.status}).`);
  const values = new URLSearchParams();
  for (const [input] of form.matchAll(/<input\b[^>]*>/gi)) {
    const name = attribute(input, 'name');
    if (name !== undefined) values.set(name, attribute(input, 'value') ?? '');
  }
  for (const [name, value] of Object.entries(fields)) values.set(name, value);
  const target = new URL(attribute(form, 'action') ?? '', page.url);
  const answer = await fetch(target, { method: 'POST', body: values, redirect: 'manual' });
  const location = answer.headers.get('location');
  if (location === null) {
    throw new StackError(
      `${target.pathname} did not lead on after its form was sent (status ${answer.status}).`,
    );
  }
  return new URL(location, target).toString();
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\s${name}="([^"]*)"`, 'i').exec(tag)?.[1];
  return value?.replaceAll('&amp;', '&').replaceAll('&quot;', '"');
}
