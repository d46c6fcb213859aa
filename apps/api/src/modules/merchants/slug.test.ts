import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slugOf } from './slug.ts';

describe('a merchant’s name in addresses', () => {
  it.each([
    ['Northwind Analytics', 'northwind-analytics'],
    ['  Café & Söhne  ', 'cafe-sohne'],
    ['A/B — tests!!', 'a-b-tests'],
    ['株式会社', 'merchant'],
    ['---', 'merchant'],
    // Cut within a word gap: no dash is left at the end.
    [`${'a'.repeat(39)} b`, 'a'.repeat(39)],
  ])('of %j is %s', (name, slug) => {
    expect(slugOf(name)).toBe(slug);
  });

  it('fits the database’s rule, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (name) => {
        const slug = slugOf(name);
        expect(slug).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
        expect(slug.length).toBeLessThanOrEqual(40);
      }),
    );
  });
});
