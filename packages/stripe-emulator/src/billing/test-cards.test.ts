import { describe, expect, it } from 'vitest';
import { cardByNumber, numberRefusal, passesLuhn, paymentOutcome, TEST_CARDS } from './test-cards.ts';

const present = { offSession: false, setUp: false, authenticated: false };

describe('the published test cards', () => {
  it('have numbers that check', () => {
    expect(TEST_CARDS.filter(({ number }) => !passesLuhn(number))).toEqual([]);
  });

  it('do not share a number or a name', () => {
    const names = TEST_CARDS.flatMap(({ number, tokens }) => [number, ...tokens]);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each([
    ['4242424242424242', present, 'succeeded'],
    ['4000000000009995', present, 'declined'],
    ['4000002500003155', present, 'requires_action'],
    ['4000002500003155', { ...present, offSession: true, setUp: true }, 'succeeded'],
    ['4000002760003184', { ...present, setUp: true }, 'requires_action'],
    ['4000002760003184', { ...present, offSession: true, setUp: true }, 'declined'],
    ['4000003800000446', { ...present, offSession: true }, 'succeeded'],
    ['4000003800000446', present, 'requires_action'],
    ['4000008260003178', { ...present, authenticated: true }, 'declined'],
  ])('%s with %o is %s', (number, situation, kind) => {
    const testCard = cardByNumber(number);
    expect(testCard === undefined ? undefined : paymentOutcome(testCard, situation).kind).toBe(kind);
  });

  it('are the only cards taken', () => {
    expect(numberRefusal('4242424242424242')).toBeUndefined();
    expect(numberRefusal('4242424242424241')?.code).toBe('incorrect_number');
    expect(numberRefusal('4111111111111111')?.decline_code).toBe('test_mode_live_card');
  });
});
