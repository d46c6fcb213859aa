import { BillingOSError } from '../core/errors.ts';
import type { TransportSettings } from './transport.ts';

/** How to reach BillingOS, and as whom. */
export interface ConnectionOptions {
  /** `bos_sk_live_…` or `bos_sk_test_…`. Default: the variable BILLINGOS_SECRET_KEY. Never in a web page. */
  secretKey?: string | undefined;
  /** `bos_pk_…` instead, for web pages: it reads the public catalog and nothing else. */
  publishableKey?: string | undefined;
  /** Where BillingOS is. Default: the variable BILLINGOS_URL; with a test key, http://localhost:3001. */
  baseUrl?: string | undefined;
  /** For each try, in milliseconds. Default: 30,000. */
  timeoutMs?: number | undefined;
  /** Further tries after the first. Default: 2. */
  retriesMax?: number | undefined;
  /** Default: the global fetch. */
  fetch?: typeof globalThis.fetch | undefined;
}

const developmentUrl = 'http://localhost:3001';

/** The settings in force. Throws a BillingOSError that says what to do when one is missing or wrong. */
export function readSettings(options: ConnectionOptions): TransportSettings {
  const key = readKey(options);
  // Bound, because browsers refuse a fetch that is called as a method of something else.
  const fetch = options.fetch ?? globalThis.fetch?.bind(globalThis);
  if (fetch === undefined) {
    throw wrong('There is no global fetch here. Use Node 20 or later, or pass { fetch }.');
  }
  return {
    baseUrl: readBaseUrl(options.baseUrl ?? variable('BILLINGOS_URL'), key),
    key,
    timeoutMs: readNumber('timeoutMs', options.timeoutMs ?? 30_000, 1),
    retriesMax: readNumber('retriesMax', options.retriesMax ?? 2, 0),
    fetch,
    isBrowser: isBrowser(),
  };
}

function readKey({ secretKey, publishableKey }: ConnectionOptions): string {
  if (secretKey !== undefined && publishableKey !== undefined) {
    throw wrong('Pass secretKey or publishableKey, not both.');
  }
  if (publishableKey !== undefined) {
    if (!/^bos_pk_(live|test)_[0-9A-Za-z]{20,}$/.test(publishableKey)) {
      throw wrong('publishableKey is malformed: it begins with "bos_pk_live_" or "bos_pk_test_".');
    }
    return publishableKey;
  }
  const key = (secretKey ?? variable('BILLINGOS_SECRET_KEY'))?.trim();
  if (key === undefined || key === '') {
    throw wrong('There is no secret key. Set BILLINGOS_SECRET_KEY, or pass { secretKey }.');
  }
  // The message never holds the key: it ends in logs.
  if (key.startsWith('bos_pk_')) {
    throw wrong('secretKey holds a publishable key ("bos_pk_…"). A server needs a secret one ("bos_sk_…").');
  }
  if (!/^bos_sk_(live|test)_[0-9A-Za-z]{20,}$/.test(key)) {
    throw wrong(
      'secretKey is malformed: it begins with "bos_sk_live_" or "bos_sk_test_". Was it copied whole?',
    );
  }
  if (isBrowser()) {
    throw wrong(
      'A secret key may not be in a web page, where everyone can read it. Call BillingOS from your server, and revoke this key.',
    );
  }
  return key;
}

function readBaseUrl(given: string | undefined, key: string): string {
  if (given === undefined || given === '') {
    if (key.includes('_live_')) {
      throw wrong('A live key needs to know where BillingOS is. Set BILLINGOS_URL, or pass { baseUrl }.');
    }
    return developmentUrl;
  }
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol)) {
    throw wrong('baseUrl must be a whole URL such as "https://billing.example.com".');
  }
  return given.replace(/\/+$/, '').replace(/\/api\/v1$/, '');
}

function readNumber(name: string, value: number, min: number): number {
  if (!Number.isFinite(value) || value < min) {
    throw wrong(`${name} must be a number of at least ${min}.`);
  }
  return value;
}

function wrong(message: string): BillingOSError {
  return new BillingOSError('configuration_invalid', message);
}

interface Surroundings {
  window?: { document?: unknown };
  process?: { env?: Record<string, string | undefined> };
}

// The boundary to whatever runs us: Node has process, a browser window and document, an edge runtime neither.
const surroundings = (): Surroundings => globalThis;

function isBrowser(): boolean {
  return surroundings().window?.document !== undefined;
}

function variable(name: string): string | undefined {
  return surroundings().process?.env?.[name];
}
