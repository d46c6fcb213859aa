import { expect, inject } from 'vitest';

type Mail = { subject: string; text: string; html: string; to: { address: string }[] };

/** Waits for the newest mail to this address and returns the link in it that leads to `path`. */
export async function mailedLink(address: string, path: string): Promise<string> {
  const { mail, web } = inject('addresses');
  const found: { link?: string } = {};
  await expect
    .poll(
      async () => {
        const answer = await fetch(`${mail}/email`);
        const mails = mailsOf(await answer.json());
        const own = mails.filter(({ to }) => to.some((one) => one.address === address)).at(-1);
        const body = (own?.html ?? '').replaceAll('&amp;', '&');
        const link = /https?:\/\/[^\s"'<>]+/g;
        const match = (body.match(link) ?? []).find((url) => url.startsWith(`${web}${path}`));
        if (match) found.link = match;
        return match;
      },
      { message: `a mail to ${address} with a link to ${path}`, timeout: 45_000 },
    )
    .toBeDefined();
  return found.link ?? '';
}

function mailsOf(value: unknown): Mail[] {
  return Array.isArray(value) ? value.filter(isMail) : [];
}

function isMail(value: unknown): value is Mail {
  return (
    typeof value === 'object' && value !== null && 'to' in value && 'html' in value && Array.isArray(value.to)
  );
}
