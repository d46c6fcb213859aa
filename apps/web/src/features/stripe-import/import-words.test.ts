import { expect, test } from 'vitest';
import type { StripeImport } from '../../api/types.ts';
import { notedBy, outcomeWords } from './import-words.ts';

const none = { create: 0, link: 0, exists: 0, skip: 0 };

test('all objects that were looked at count, whatever became of them', () => {
  const counts: StripeImport['counts'] = {
    product: { ...none, create: 2 },
    price: { ...none, create: 3, skip: 1 },
    customer: { ...none, link: 4 },
    subscription: { ...none, exists: 5 },
  };
  // 2 + 3 + 1 + 4 + 5
  expect(notedBy({ counts } as StripeImport)).toBe(15);
});

test('a rehearsal does not claim to have made anything', () => {
  expect(outcomeWords(true).create).toBe('Would be made');
  expect(outcomeWords(false).create).toBe('Made');
});
