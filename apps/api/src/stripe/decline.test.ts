import { describe, expect, it } from 'vitest';
import { isFinalDecline, needsHolder } from './decline.ts';

describe('a declined card', () => {
  it.each([
    ['lost_card', true],
    ['stolen_card', true],
    ['invalid_account', true],
    ['insufficient_funds', false],
    ['processing_error', false],
    ['generic_decline', false],
    ['something_new', false],
  ])('with the reason %s is of no use any more: %s', (code, isFinal) => {
    expect(isFinalDecline(code)).toBe(isFinal);
  });

  it('may only want its holder', () => {
    expect(needsHolder('authentication_required')).toBe(true);
    expect(needsHolder('invoice_payment_intent_requires_action')).toBe(true);
    expect(needsHolder('lost_card')).toBe(false);
  });
});
