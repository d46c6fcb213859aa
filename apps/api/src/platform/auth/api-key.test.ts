import { describe, expect, it } from 'vitest';
import { hashApiKey, isApiKey, newApiKey } from './api-key.ts';

const many = Array.from({ length: 3_000 }, () => newApiKey('secret', 'test'));
const randomPart = (key: string) => key.slice('bos_sk_test_'.length, -6);

describe('an API key', () => {
  it.each([
    ['secret', 'test', 'bos_sk_test_'],
    ['secret', 'live', 'bos_sk_live_'],
    ['publishable', 'test', 'bos_pk_test_'],
    ['publishable', 'live', 'bos_pk_live_'],
  ] as const)('that is %s and %s begins with %s', (type, mode, prefix) => {
    expect(newApiKey(type, mode).startsWith(prefix)).toBe(true);
  });

  it('holds at least 190 random bits and never comes twice', () => {
    const bits = Math.log2(62) * randomPart(newApiKey('secret', 'test')).length;

    expect(bits).toBeGreaterThanOrEqual(190);
    expect(new Set(many).size).toBe(many.length);
  });

  it('draws each of 62 characters equally often', () => {
    const counts = new Map<string, number>();
    for (const character of many.map(randomPart).join('')) {
      counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    const expected = (many.length * 33) / 62;
    const chiSquare = [...counts.values()].reduce(
      (sum, count) => sum + (count - expected) ** 2 / expected,
      0,
    );

    expect(counts.size).toBe(62);
    // 61 degrees of freedom exceed 140 once in twenty million; a byte modulo 62 gives about 1,700 here.
    expect(chiSquare).toBeLessThan(140);
  });

  it('is recognised, and with any one character changed it is not', () => {
    const key = newApiKey('secret', 'live');

    expect(isApiKey(key)).toBe(true);
    for (let at = 0; at < key.length; at++) {
      const changed = `${key.slice(0, at)}${key[at] === 'A' ? 'B' : 'A'}${key.slice(at + 1)}`;
      expect(isApiKey(changed), changed).toBe(false);
    }
  });

  it.each(['', 'bos_', 'bos_sk_test_', 'sk_test_4eC39HqLyjWDarjtT1zdp7dc', 'hello'])('is not %j', (text) => {
    expect(isApiKey(text)).toBe(false);
  });

  it('is stored as 32 bytes that do not contain it', () => {
    const key = newApiKey('secret', 'test');

    expect(hashApiKey(key).length).toBe(32);
    expect(hashApiKey(key)).toEqual(hashApiKey(key));
    expect(hashApiKey(key)).not.toEqual(hashApiKey(newApiKey('secret', 'test')));
  });
});
