import { describe, expect, it } from 'vitest';
import { type InvoicedPrice, isWorthMentioning, manualLine, usageLines } from './manual-lines.ts';

const period = { start: new Date('2027-01-01T00:00:00Z'), end: new Date('2027-02-01T00:00:00Z') };
const price = (terms: Partial<InvoicedPrice> & Pick<InvoicedPrice, 'type'>): InvoicedPrice => ({
  id: 'price_1',
  plan_name: 'Pro',
  feature_name: null,
  amount: null,
  unit_amount: null,
  package_size: null,
  included_units: 0,
  tiers: null,
  ...terms,
});

describe('a line of a manual invoice', () => {
  it.each([
    [price({ type: 'flat', amount: 1_900 }), '1', 'Pro', '1900', 1_900],
    [price({ type: 'per_seat', amount: 800 }), '7', 'Pro, per seat', '800', 5_600],
    [
      price({ type: 'per_unit', unit_amount: '0.35', feature_name: 'Calls' }),
      '1001',
      'Pro: Calls',
      '0.35',
      // 350.35.
      350,
    ],
    [
      price({ type: 'package', unit_amount: '100', package_size: 1_000, feature_name: 'Calls' }),
      '12345',
      'Pro: Calls, in packages of 1,000',
      null,
      1_300,
    ],
    [
      price({ type: 'per_unit', unit_amount: '2', included_units: 1_000, feature_name: 'Calls' }),
      '1500',
      'Pro: Calls, 1,000 included',
      null,
      1_000,
    ],
  ])('of %o for %s says %s', (given, units, description, unitAmount, amount) => {
    expect(manualLine(given, units, period)).toMatchObject({
      kind: given.feature_name === null ? 'recurring' : 'usage',
      description,
      quantity: units,
      unit_amount: unitAmount,
      amount,
    });
  });

  it('is left out where nothing was used and nothing is charged', () => {
    const usage = price({ type: 'per_unit', unit_amount: '2', feature_name: 'Calls' });
    expect(isWorthMentioning(manualLine(usage, '0', period))).toBe(false);
    expect(isWorthMentioning(manualLine({ ...usage, included_units: 10 }, '5', period))).toBe(true);
  });

  it('charges nothing for what credits have paid for, of what was used on time first', () => {
    const usage = price({ type: 'per_unit', unit_amount: '3', included_units: 100, feature_name: 'Calls' });
    const lines = (total: string, credited: string, late: { on_time: string; quantity: string } | null) =>
      usageLines(
        usage,
        { total, late: late === null ? null : { ...late, first_at: period.start, last_at: period.start } },
        credited,
        period,
      ).map(({ description, quantity, amount }) => [description, quantity, amount]);

    expect(lines('150', '30', null)).toEqual([['Pro: Calls, 100 included, 30 paid with credits', '120', 60]]);
    expect(lines('1100', '950', { on_time: '900', quantity: '200' })).toEqual([
      ['Pro: Calls, 100 included, 950 paid with credits', '0', 0],
      ['Reported late, used 1 Jan 2027: Pro: Calls, 100 included', '150', 150],
    ]);
  });
});
