import { createElement } from 'react';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Letter, Words } from '../../src/modules/mail/emails/letter.tsx';
import { DeliverMail } from '../../src/modules/mail/deliver-mail.ts';
import { MailService } from '../../src/modules/mail/mail.service.ts';
import { Database } from '../../src/platform/database/database.ts';
import type { Tenant } from '../fixtures/api.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

const day = 86_400;
const token = 'A'.repeat(43);

let stack: TestStack;
let tenant: Tenant;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());
beforeEach(async () => {
  // Tokens of users are of now.
  stack.setTime(new Date());
  tenant = await stack.newTenant();
});

beforeEach(async () => {
  await stack.settle();
  stack.mailbox.mails.length = 0;
});

const write = (dedupeKey: string, fail = false) =>
  stack.app.get(Database).tenant(tenant.environment_id, async () => {
    await stack.app.get(MailService).send(tenant.environment_id, {
      dedupe_key: dedupeKey,
      kind: 'test',
      to: 'ada@example.com',
      subject: 'Zahlung für März',
      body: ({ name }) =>
        createElement(Letter, {
          merchant: name,
          title: 'A payment failed',
          preview: 'It did.',
          children: createElement(Words, null, 'Grüße & <mehr>.'),
          action: { label: 'Pay', url: `https://app.test/pay/${token}` },
          because: 'Because.',
        }),
    });
    if (fail) {
      throw new Error('rolled back');
    }
  });
const emails = async (query = '') => (await tenant.asServer('GET', `emails${query}`)).body['data'];

describe('a mail to a customer', () => {
  it('arrives once, from the merchant, however often it is asked for', async () => {
    await tenant.asOwner('PATCH', 'email-settings', { reply_to: 'help@acme.test' });
    await write('news:1');
    await Promise.all([write('news:1'), write('news:1'), write('news:2')]);
    await stack.settle();

    expect(stack.mailbox.mails).toHaveLength(2);
    const [first] = await emails();
    expect(stack.mailbox.mails[0]).toMatchObject({
      to: 'ada@example.com',
      from: 'Acme <no-reply@billingos.test>',
      reply_to: 'help@acme.test',
      subject: 'Zahlung für März',
      message_id: expect.stringMatching(/^<mail_[0-9a-f]{32}@billingos\.test>$/),
      html: expect.stringContaining('Grüße &amp; &lt;mehr&gt;.'),
      text: expect.stringContaining('Grüße & <mehr>.'),
    });
    expect(stack.mailbox.mails[0]?.text).toContain(`https://app.test/pay/${token}`);
    expect(first).toMatchObject({ to: 'ada@example.com', state: 'sent', error: null });
    expect(first).not.toHaveProperty('body');
  });

  it('shows the merchant its words, but not what its links open', async () => {
    await write('news:1');
    const [{ id }] = await emails();
    const { body } = await tenant.asServer('GET', `emails/${id}`);

    expect(body['body'].text).toContain('https://app.test/pay/…');
    expect(JSON.stringify(body)).not.toContain(token);
    const { rows } = await stack.database.owner.query('select * from emails');
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  it('is not sent for what was rolled back', async () => {
    await expect(write('news:1', true)).rejects.toThrow('rolled back');
    await stack.settle();

    expect(stack.mailbox.mails).toEqual([]);
    expect(await emails()).toEqual([]);
  });

  it('is tried again while the mail server refuses it, and waits with the failed jobs after that', async () => {
    stack.mailbox.refuse(true);
    await write('news:1');
    // Eight attempts, an hour apart at most.
    for (let attempt = 1; attempt <= 8; attempt++) {
      await stack.settle();
      stack.passTime(3_600);
    }
    await stack.settle();
    const [failed] = (await tenant.asServer('GET', 'jobs?state=failed')).body['data'];
    expect(failed).toMatchObject({ name: 'mail.send', attempts: 8 });
    expect(JSON.stringify(failed)).not.toContain('ada@');
    expect(await emails('?state=failed')).toMatchObject([
      { error: 'The mail server did not take it (EENVELOPE).' },
    ]);

    stack.mailbox.refuse(false);
    await tenant.asServer('POST', `jobs/${failed.id}/retry`);
    await stack.settle();
    expect(stack.mailbox.mails).toHaveLength(1);
    expect(await emails()).toMatchObject([{ state: 'sent', error: null }]);
  });

  it('is forgotten after 90 days, but not that it was sent', async () => {
    await write('news:1');
    await stack.settle();
    stack.passTime(89 * day);
    await stack.app.get(DeliverMail).purge();
    expect(await emails()).toMatchObject([{ to: 'ada@example.com' }]);

    stack.passTime(2 * day);
    await stack.app.get(DeliverMail).purge();
    await write('news:1');
    await stack.settle();

    const [{ id }] = await emails();
    expect((await tenant.asServer('GET', `emails/${id}`)).body).toMatchObject({
      to: 'purged',
      reply_to: null,
      body: null,
      state: 'sent',
    });
    expect(stack.mailbox.mails).toHaveLength(1);
  });
});
