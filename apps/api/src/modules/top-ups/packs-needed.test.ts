import { expect, test } from 'vitest';
import { packsNeeded } from './packs-needed.ts';

test.each([
  { balance: '12', below: '100', credits: '50', packs: 2 },
  { balance: '50', below: '100', credits: '50', packs: 1 },
  { balance: '99.5', below: '100', credits: '50', packs: 1 },
  { balance: '0', below: '100.1', credits: '50', packs: 3 },
])('from $balance to $below takes $packs packs of $credits', ({ packs, ...need }) => {
  expect(packsNeeded(need)).toBe(packs);
});
