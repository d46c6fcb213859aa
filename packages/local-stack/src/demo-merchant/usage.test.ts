import { expect, it } from 'vitest';
import { single, spread, usageSince } from './usage.ts';

const dayMs = 24 * 60 * 60 * 1000;
const began = new Date(Date.now() - 9 * dayMs);

it('adds up to the total, within the period and never ahead of time', () => {
  const events = usageSince(began, { customer: 'acme', meter: 'api_calls', total: 12_345 });

  expect(events.reduce((sum, { value }) => sum + value, 0)).toBe(12_345);
  expect(events.length).toBeGreaterThan(40);
  for (const { occurred_at } of events) {
    expect(Date.parse(occurred_at)).toBeGreaterThan(began.getTime());
    expect(Date.parse(occurred_at)).toBeLessThanOrEqual(Date.now());
  }
});

it('gives each event a key of its own, also when they are counted one by one', () => {
  const events = single(usageSince(began, { customer: 'acme', meter: 'ai_summaries', total: 70 }));

  expect(events.map(({ value }) => value)).toEqual(Array.from({ length: 70 }, () => 1));
  expect(new Set(events.map(({ idempotency_key }) => idempotency_key)).size).toBe(70);
});

it('gives the word that is listed twice to twice as many events', () => {
  const events = usageSince(began, { customer: 'acme', meter: 'api_calls', total: 12_345 }).slice(0, 45);

  const words = spread(events, 'region', ['east', 'east', 'west']).map(
    ({ properties }) => properties?.['region'],
  );
  expect(words.filter((word) => word === 'east')).toHaveLength(30);
  expect(words.filter((word) => word === 'west')).toHaveLength(15);
});
