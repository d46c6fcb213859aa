import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AlertsService } from '../../src/modules/alerts/alerts.service.ts';
import { Secrets } from '../../src/platform/secrets.ts';
import type { Tenant } from '../fixtures/api.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

let stack: TestStack;
let slack: Server;
let slackUrl: string;
let slackStatus = 200;
const posted: string[] = [];
const headersOf: Record<string, string>[] = [];
let tenant: Tenant;

beforeAll(async () => {
  slack = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      posted.push(body);
      headersOf.push(
        Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
      );
      response.writeHead(slackStatus, { location: 'http://169.254.169.254/' }).end('ok');
    });
  });
  await new Promise<void>((resolve) => slack.listen(0, '127.0.0.1', resolve));
  slackUrl = `http://127.0.0.1:${(slack.address() as AddressInfo).port}/services/T0/B0/canary-slack-secret`;
  stack = await startStack();
});
afterAll(async () => {
  await stack.close();
  slack.close();
});
beforeEach(async () => {
  slackStatus = 200;
  posted.length = 0;
  headersOf.length = 0;
  tenant = await stack.newTenant();
});

const raise = (title: string, cause = 'drift') =>
  stack.app.get(AlertsService).raise(tenant.environment_id, {
    kind: 'reconciliation.drift',
    dedupe_key: cause,
    title,
    detail: 'Look at <https://evil.test|this> & that.',
    target: { type: 'environment', id: tenant.environment_id },
  });
const open = async () => (await tenant.asOwner('GET', 'alerts?state=open')).body['data'];

describe('an alert', () => {
  it('is one for each cause while it lasts, and a new one when the cause comes back', async () => {
    await raise('12 discrepancies');
    await raise('13 discrepancies');
    expect(await open()).toMatchObject([
      { title: '13 discrepancies', severity: 'warning', resolved_at: null },
    ]);

    await stack.app.get(AlertsService).resolve(tenant.environment_id, 'drift');
    expect(await open()).toEqual([]);
    await raise('14 discrepancies');

    expect((await tenant.asOwner('GET', 'alerts')).body['data']).toMatchObject([
      { title: '14 discrepancies', resolved_at: null },
      { title: '13 discrepancies', resolved_at: expect.any(String) },
    ]);
  });

  it('is read and resolved once, and counted until then', async () => {
    await raise('One', 'one');
    await raise('Two', 'two');
    const [two, one] = await open();
    const summary = async () => (await tenant.asOwner('GET', 'alerts/summary')).body;
    expect(await summary()).toEqual({ open: 2, unread: 2 });

    const read = await tenant.asOwner('POST', `alerts/${one.id}/read`);
    const again = await tenant.asOwner('POST', `alerts/${one.id}/read`);
    expect(again.body['read_at']).toBe(read.body['read_at']);
    expect(await summary()).toEqual({ open: 2, unread: 1 });

    await tenant.asOwner('POST', `alerts/${two.id}/resolve`);
    expect(await summary()).toEqual({ open: 1, unread: 0 });
    expect((await tenant.asOwner('POST', 'alerts/alrt_none/read')).body).toMatchObject({
      error: { code: 'alert_not_found', param: 'id' },
    });
  });

  it('is posted to Slack once, as text that mentions and links nothing', async () => {
    await tenant.asOwner('PATCH', 'notification-settings', { slack_webhook_url: slackUrl });
    await raise('<!channel> 12 discrepancies');
    await raise('13 discrepancies');
    await stack.settle();

    expect(posted.map((body) => JSON.parse(body))).toEqual([
      {
        // Whatever it says when the job runs; here both were raised before.
        text: expect.stringMatching(
          /^:warning: \*(&lt;!channel&gt; 12|13) discrepancies\*\nLook at &lt;https:\/\/evil\.test\|this&gt; &amp; that\.$/,
        ),
      },
    ]);
  });

  it('is not posted any more once it is resolved', async () => {
    await tenant.asOwner('PATCH', 'notification-settings', { slack_webhook_url: slackUrl });
    await stack.stopWorker();
    await raise('Over soon');
    await tenant.asOwner('POST', `alerts/${(await open())[0].id}/resolve`);
    await stack.startWorker();
    await stack.settle();
    expect(posted).toEqual([]);
  });

  it('is mailed once to each address that is listed', async () => {
    const saved = await tenant.asOwner('PATCH', 'notification-settings', {
      email_addresses: ['ops@acme.test', 'cfo@acme.test', 'ops@acme.test'],
    });
    expect(saved.body).toMatchObject({ email_addresses: ['ops@acme.test', 'cfo@acme.test'] });
    await raise('12 discrepancies');
    await raise('13 discrepancies');
    await stack.settle();

    const { body } = await tenant.asOwner('GET', 'emails');
    expect(body['data']).toHaveLength(2);
    expect(body['data']).toEqual(
      expect.arrayContaining(
        ['ops@acme.test', 'cfo@acme.test'].map((to) =>
          expect.objectContaining({ to, kind: 'alert', state: 'sent' }),
        ),
      ),
    );
  });

  it('is posted to a web address, signed by Standard Webhooks with the secret that was shown once', async () => {
    const saved = await tenant.asOwner('PATCH', 'notification-settings', { webhook_url: slackUrl });
    const secret = String(saved.body['webhook_secret']);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect((await tenant.asOwner('GET', 'notification-settings')).body).toEqual({
      slack: null,
      email_addresses: [],
      webhook: { url: `${new URL(slackUrl).host}/…cret` },
    });

    slackStatus = 500;
    await raise('12 discrepancies');
    await expect.poll(() => posted.length, { timeout: 20_000 }).toBe(1);
    slackStatus = 200;
    stack.passTime(60);
    await stack.settle();
    stack.passTime(-60);

    expect(posted).toHaveLength(2);
    const [failed, taken] = posted.map((body, index) =>
      new Webhook(secret).verify(body, headersOf[index] ?? {}),
    );
    expect(taken).toMatchObject({
      type: 'alert.created',
      data: { title: '12 discrepancies', severity: 'warning' },
    });
    // A repetition is the same message: whoever took it already knows it by its id.
    expect(headersOf.map((headers) => headers['webhook-id'])).toEqual(
      Array(2).fill((taken as { data: { id: string } }).data.id),
    );
    expect(failed).toMatchObject({ data: { title: '12 discrepancies' } });
  });
});

describe('the Slack webhook', () => {
  it('is stored sealed, shown by its end, and opens in its own row only', async () => {
    const answer = await tenant.asOwner('PATCH', 'notification-settings', { slack_webhook_url: slackUrl });
    expect(answer.body).toEqual({
      slack: { webhook: `${new URL(slackUrl).host}/…cret` },
      email_addresses: [],
      webhook: null,
      webhook_secret: null,
    });

    const { rows } = await stack.database.owner.query<{ sealed: string; all: string }>(
      `select slack_webhook_url as sealed,
         (select jsonb_agg(to_jsonb(a))::text from audit_log a where a.environment_id = $1) as all
       from notification_settings where environment_id = $1`,
      [tenant.environment_id],
    );
    const sealed = rows[0]?.sealed ?? '';
    expect(sealed).toMatch(/^v1\./);
    expect(`${sealed}${rows[0]?.all}`).not.toContain('canary-slack-secret');
    const secrets = stack.app.get(Secrets);
    const place = {
      table: 'notification_settings',
      column: 'slack_webhook_url',
      environment_id: tenant.environment_id,
      row: tenant.environment_id,
    };
    expect(secrets.open(place, sealed)).toBe(slackUrl);
    expect(() => secrets.open({ ...place, environment_id: 'env_other' }, sealed)).toThrow(
      'unable to authenticate',
    );
    expect(() => secrets.open({ ...place, column: 'other' }, sealed)).toThrow('unable to authenticate');
    expect(() => secrets.open({ ...place, row: 'other' }, sealed)).toThrow('unable to authenticate');
    expect(() => secrets.open(place, `${sealed.slice(0, -2)}AA`)).toThrow('unable to authenticate');

    await tenant.asOwner('PATCH', 'notification-settings', { slack_webhook_url: null });
    expect((await tenant.asOwner('GET', 'notification-settings')).body).toEqual({
      slack: null,
      email_addresses: [],
      webhook: null,
    });
  });

  it.each([
    ['https://169.254.169.254/latest/meta-data', 'not on the public internet'],
    ['https://[::ffff:10.0.0.1]/', 'not on the public internet'],
    ['https://10.1.2.3/hook', 'not on the public internet'],
    ['https://user:password@hooks.slack.com/x', 'no user name'],
    ['http://1.1.1.1/hook', 'https'],
    ['https://1.1.1.1:8443/hook', 'no port'],
    ['https://nobody.invalid/hook', 'no server'],
  ])('is refused as %s', async (address, reason) => {
    const answer = await tenant.asOwner('PATCH', 'notification-settings', { slack_webhook_url: address });
    expect(answer.body['error']).toMatchObject({
      code: 'channel_url_not_allowed',
      message: expect.stringContaining(reason),
    });
  });

  it('is tried out: delivered, refused, and not followed elsewhere', async () => {
    const test = () => tenant.asOwner('POST', 'notification-settings/test');
    expect((await test()).body['error']).toMatchObject({ code: 'channel_not_set' });

    await tenant.asOwner('PATCH', 'notification-settings', { slack_webhook_url: slackUrl });
    expect((await test()).body).toEqual({ delivered: true });
    slackStatus = 307;
    expect((await test()).body['error']).toMatchObject({
      code: 'channel_did_not_take_it',
      message: expect.stringContaining('307'),
    });
    expect(posted).toHaveLength(2);
  });

  it('leads to this machine only where that is allowed', async () => {
    const strict = await stack.another({ MERCHANT_URLS_LOOPBACK: 'refuse' });
    const answer = await strict.send(
      'PATCH',
      'notification-settings',
      { slack_webhook_url: slackUrl },
      { authorization: `Bearer ${tenant.token}`, 'x-billingos-environment': tenant.environment_id },
    );
    await strict.close();
    expect(answer.body['error']).toMatchObject({ code: 'channel_url_not_allowed' });
  });
});
