import { expect, test } from 'vitest';
import { withConfirmLinks } from './supabase-mail.ts';

const hash = '2743e3c57fa17183c3e323e46ba19e54391e583a5f2d5c656dea5604d532d12b';
const link = `http://localhost:3000/auth/v1/verify?token=${hash}&type=recovery&redirect_to=http%3A%2F%2Flocalhost%3A3000`;
const mail = { to: 'ada@example.test', subject: 'Reset Your Password' };

test('a link to the auth server becomes a link to the web app, in text and in HTML', () => {
  const rewritten = withConfirmLinks(
    {
      ...mail,
      text: `Follow this link: ${link}`,
      html: `<a href="${link.replaceAll('&', '&amp;')}">Reset</a>`,
    },
    'https://billing.example',
  );

  const wanted = `https://billing.example/auth/confirm?token_hash=${hash}&type=recovery`;
  expect(rewritten.text).toBe(`Follow this link: ${wanted}`);
  expect(rewritten.html).toBe(`<a href="${wanted}">Reset</a>`);
});

test('everything else in a mail stays as it is', () => {
  const message = { ...mail, text: 'Your code is 669903. See http://localhost:3000/help.' };
  expect(withConfirmLinks(message, 'https://billing.example')).toEqual(message);
});
