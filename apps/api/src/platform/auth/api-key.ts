import { hash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

export type ApiKeyType = 'secret' | 'publishable';
export type Mode = 'live' | 'test';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 33 characters of 62 are 196 bits. */
const secretLength = 33;
const checksumLength = 6;
const shape = new RegExp(
  `^bos_(sk|pk)_(live|test)_([0-9A-Za-z]{${secretLength}})([0-9A-Za-z]{${checksumLength}})$`,
);

const consumerShape = new RegExp(
  `^[a-z][a-z0-9_]{0,24}_(live|test)_[0-9A-Za-z]{${secretLength + checksumLength}}$`,
);

/** A new key such as `bos_sk_test_…`: 196 random bits and a checksum, by which a typo is refused without a look-up. */
export function newApiKey(type: ApiKeyType, mode: Mode): string {
  return withSecret(`bos_${type === 'secret' ? 'sk' : 'pk'}_${mode}_`);
}

/** A new key that a merchant gives a customer: `acme_live_…`, as random as ours and with the same checksum. */
export function newConsumerKey(prefix: string, mode: Mode): string {
  return withSecret(`${prefix}_${mode}_`);
}

/** Whether a string can be one of our keys at all: right shape and checksum. */
export function isApiKey(text: string): boolean {
  return shape.test(text) && hasChecksum(text);
}

/** Whether a string can be a consumer key at all, whatever it begins with. */
export function isConsumerKey(text: string): boolean {
  return consumerShape.test(text) && hasChecksum(text);
}

/** What is stored instead of the key. A plain SHA-256 suffices: nobody can guess 196 random bits. */
export function hashApiKey(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}

function withSecret(beginning: string): string {
  let secret = '';
  for (let i = 0; i < secretLength; i++) {
    // randomInt draws without the bias that a byte modulo 62 would have.
    secret += alphabet.charAt(randomInt(alphabet.length));
  }
  const body = beginning + secret;
  return body + checksum(body);
}

function hasChecksum(text: string): boolean {
  return checksum(text.slice(0, -checksumLength)) === text.slice(-checksumLength);
}

function checksum(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let i = 0; i < checksumLength; i++) {
    text = alphabet.charAt(rest % alphabet.length) + text;
    rest = Math.floor(rest / alphabet.length);
  }
  return text;
}
