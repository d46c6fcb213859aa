import { afterEach, describe, expect, it, vi } from 'vitest';
import { BillingOSError } from '../core/errors.ts';
import { readSettings } from './settings.ts';

const secretKey = `bos_sk_test_${'a1'.repeat(19)}Z`;
const liveKey = secretKey.replace('test', 'live');
const publishableKey = secretKey.replace('sk', 'pk');

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

describe('the settings', () => {
  it('come from BILLINGOS_SECRET_KEY and BILLINGOS_URL when they are not given', () => {
    vi.stubEnv('BILLINGOS_SECRET_KEY', liveKey);
    vi.stubEnv('BILLINGOS_URL', 'https://billing.example.com/');

    expect(readSettings({})).toMatchObject({ key: liveKey, baseUrl: 'https://billing.example.com' });
    expect(readSettings({ secretKey, baseUrl: 'http://127.0.0.1:1/billing/api/v1' })).toMatchObject({
      key: secretKey,
      baseUrl: 'http://127.0.0.1:1/billing',
    });
  });

  it('send a test key to the machine it runs on, and a live key nowhere by guess', () => {
    vi.stubEnv('BILLINGOS_URL', undefined);

    expect(readSettings({ secretKey }).baseUrl).toBe('http://localhost:3001');
    expect(() => readSettings({ secretKey: liveKey })).toThrow(/BILLINGOS_URL/);
  });

  it.each([
    ['no key', {}, /Set BILLINGOS_SECRET_KEY/],
    ['an empty key', { secretKey: ' ' }, /Set BILLINGOS_SECRET_KEY/],
    ['a publishable key in its place', { secretKey: publishableKey }, /publishable/],
    ['a Stripe key', { secretKey: 'sk_test_0123456789012345678901234567' }, /malformed/],
    ['a key that was cut off', { secretKey: 'bos_sk_test_a1' }, /malformed/],
    ['a secret key as the publishable one', { publishableKey: secretKey }, /malformed/],
    ['two keys', { secretKey, publishableKey }, /not both/],
    ['an address without a scheme', { secretKey, baseUrl: 'billing.example.com' }, /baseUrl/],
    ['a timeout of nothing', { secretKey, timeoutMs: 0 }, /timeoutMs/],
    ['a number of retries that is none', { secretKey, retriesMax: Number.NaN }, /retriesMax/],
  ])('are refused with %s, and the key is not repeated', (_, options, message) => {
    vi.stubEnv('BILLINGOS_SECRET_KEY', undefined);
    let error: unknown;
    try {
      readSettings(options);
    } catch (caught) {
      error = caught;
    }

    expect(error).toBeInstanceOf(BillingOSError);
    expect(String(error)).toMatch(message);
    expect(String(error)).not.toContain(secretKey.slice(0, 20));
  });

  it('refuse a secret key in a web page, and take a publishable one', () => {
    vi.stubGlobal('window', { document: {} });

    expect(() => readSettings({ secretKey })).toThrow(/web page/);
    expect(readSettings({ publishableKey })).toMatchObject({ key: publishableKey, isBrowser: true });
  });
});
