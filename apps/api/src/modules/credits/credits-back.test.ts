import { describe, expect, it } from 'vitest';
import { creditsBack } from './credits-back.ts';

describe('credits that go back with the money', () => {
  it.each([
    ['100', 1_000, 0, '0'],
    ['100', 1_000, 250, '25'],
    ['100', 1_000, 1_000, '100'],
    // Never more than the share of the money.
    ['1', 300, 100, '0.333333333333'],
    ['0.5', 999, 999, '0.5'],
  ])('of %s for %i, when %i went back, are %s', (credits, amount, back, expected) => {
    expect(creditsBack({ credits, amount, amount_back: back })).toBe(expected);
  });
});
