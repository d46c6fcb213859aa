import { expect, test } from 'vitest';
import { addOnsOf } from './add-on-fields.tsx';

test('only add-ons whose number differs are sent, 0 takes one away', () => {
  const typed = { seats: '3', phone: '', chat: '1', nothing: '0', half: '1.5' };
  expect(addOnsOf(typed, { phone: 1, chat: 1 })).toEqual([
    { add_on: 'seats', quantity: 3 },
    { add_on: 'phone', quantity: 0 },
  ]);
});
