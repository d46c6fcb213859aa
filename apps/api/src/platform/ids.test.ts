import { describe, expect, it } from 'vitest';
import { isId, newId, newIdOf } from './ids.ts';

describe('an id', () => {
  it('sorts after all that were made before, also within one millisecond', () => {
    const ids = Array.from({ length: 5_000 }, () => newId('invoice'));

    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => isId('invoice', id))).toBe(true);
  });

  it('of what came to be elsewhere sorts by when it did, whatever is heard of first', () => {
    const may = newIdOf('invoice', new Date('2026-05-01T00:00:00Z'));
    const march = newIdOf('invoice', new Date('2026-03-01T00:00:00Z'));

    expect([may, march, newId('invoice')].sort()).toEqual([march, may, expect.any(String)]);
    expect(isId('invoice', march)).toBe(true);
  });

  it('of what came to be elsewhere at one time sorts by when it was heard of', async () => {
    const at = new Date('2026-05-01T00:00:00Z');
    const first = newIdOf('invoice', at);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const second = newIdOf('invoice', at);

    expect(first < second).toBe(true);
    expect(new Set(Array.from({ length: 1_000 }, () => newIdOf('invoice', at))).size).toBe(1_000);
  });
});
