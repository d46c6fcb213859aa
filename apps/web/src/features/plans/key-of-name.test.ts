import { expect, test } from 'vitest';
import { keyOfName } from './key-of-name.ts';

test.each([
  ['Pro', 'pro'],
  ['Pro (yearly)', 'pro_yearly'],
  ['  Überflieger – Größe 2 ', 'uberflieger_gro_e_2'],
  ['API calls', 'api_calls'],
  ['!!!', ''],
])('the name "%s" suggests the key "%s"', (name, key) => {
  expect(keyOfName(name)).toBe(key);
});
