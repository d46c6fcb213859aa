import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sum } from './money.ts';
import { prorated, proration, unusedShare } from './proration.ts';

const april = { start: new Date('2027-04-01T00:00:00Z'), end: new Date('2027-05-01T00:00:00Z') };
const on = (text: string) => new Date(`${text}Z`);
const halfway = on('2027-04-16T00:00:00');

describe('a proration', () => {
  // "Prorations", https://docs.stripe.com/billing/subscriptions/prorations: from 10 to 20 USD a month, halfway: -5 USD for
  // unused time, 10 USD for the remaining time, an additional 5 USD.
  it('credits the unused time and charges the remaining time', () => {
    expect(proration(april, halfway, { before: [{ amount: 1_000 }], next: [{ amount: 2_000 }] })).toEqual({
      credits: [-500],
      charges: [1_000],
      total: 500,
    });
  });

  it('counts seconds', () => {
    // 2,678,400 seconds in January; 1,252,799 are left: 2900 × 1252799 / 2678400 = 1356.449….
    const january = { start: on('2027-01-01T00:00:00'), end: on('2027-02-01T00:00:00') };
    expect(prorated(2_900, january, on('2027-01-17T12:00:01'))).toBe(1_356);
    expect(prorated(2_900, january, january.start)).toBe(2_900);
    expect(prorated(2_900, january, january.end)).toBe(0);
    expect(prorated(2_900, january, on('2026-12-01T00:00:00'))).toBe(2_900);
  });

  // Gumroad #6077: the second upgrade credited a share of the first one's charge, which covered part of the period only.
  it('of a second upgrade credits what the first one charged for the rest', () => {
    // 10 to 40 after 10 of 30 days: 20/30 of each: -667 (666.67) and 2667 (2666.67).
    const first = proration(april, on('2027-04-11T00:00:00'), {
      before: [{ amount: 1_000 }],
      next: [{ amount: 4_000 }],
    });
    // 40 to 100 after 20 of 30 days: 10/30 of each: -1333 (1333.33) and 3333.
    const second = proration(april, on('2027-04-21T00:00:00'), {
      before: [{ amount: 4_000 }],
      next: [{ amount: 10_000 }],
    });

    expect(first).toEqual({ credits: [-667], charges: [2_667], total: 2_000 });
    expect(second).toEqual({ credits: [-1_333], charges: [3_333], total: 2_000 });
    // 10 days of each plan: 333.33 + 1333.33 + 3333.33 = 5000.
    expect(1_000 + first.total + second.total).toBe(5_000);
  });

  it('never credits more than was paid less earlier credits', () => {
    const credit = (paid: number, credited: number) =>
      proration(april, halfway, { before: [{ amount: 1_000, paid, credited }], next: [] }).credits;
    expect(credit(300, 0)).toEqual([-300]);
    expect(credit(1_000, 800)).toEqual([-200]);
    expect(credit(0, 0)).toEqual([0]);
    expect(credit(100, 500)).toEqual([0]);
  });

  it('carries the shares of discount and tax, which add up to the share of the total', () => {
    // 1000 − 100 + 171: half is 500, 450 and 535.5, rounded 536: discount 50, tax 86.
    expect(unusedShare({ subtotal: 1_000, discount: 100, tax: 171 }, april, halfway)).toEqual({
      subtotal: 500,
      discount: 50,
      tax: 86,
    });
  });

  it('refuses what is no period and no amount', () => {
    expect(() => prorated(1, { start: april.end, end: april.start }, halfway)).toThrow(
      'must end after it starts',
    );
    expect(() => prorated(1, april, new Date('x'))).toThrow('must be dates');
    expect(() => proration(april, halfway, { before: [{ amount: -1 }], next: [] })).toThrow(
      'amount must not be negative',
    );
  });
});

// INV-31
describe('any chain of changes within a period', () => {
  const second = fc.integer({ min: april.start.getTime() / 1_000, max: april.end.getTime() / 1_000 });
  const chain = fc.array(fc.record({ second, amount: fc.nat({ max: 10_000_000 }) }), {
    minLength: 1,
    maxLength: 12,
  });

  it('charges in all what each plan is worth for the time it ran, to one minor unit a change', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10_000_000 }), chain, (firstAmount, changes) => {
        const ordered = changes.toSorted((a, b) => a.second - b.second);
        let current = firstAmount;
        let charged = firstAmount;
        let from = april.start.getTime() / 1_000;
        let owed = 0n;
        for (const change of ordered) {
          const at = new Date(change.second * 1_000);
          const { total } = proration(april, at, { before: [{ amount: current }], next: [change] });
          charged += total;
          owed += BigInt(current) * BigInt(change.second - from);
          [current, from] = [change.amount, change.second];
        }
        owed += BigInt(current) * BigInt(april.end.getTime() / 1_000 - from);
        const length = BigInt((april.end.getTime() - april.start.getTime()) / 1_000);
        const error = BigInt(charged) * length - owed;
        const bound = length * BigInt(ordered.length);
        expect(error <= bound && error >= -bound).toBe(true);
      }),
      { numRuns: 10_000 },
    );
  });

  it('takes back to nothing what is given up at once, and never credits more than it charged', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10_000_000 }), second, second, (amount, a, b) => {
        const [begin, end] = [Math.min(a, b), Math.max(a, b)].map((time) => new Date(time * 1_000));
        fc.pre(begin !== undefined && end !== undefined);
        const charge = proration(april, begin ?? april.start, { before: [], next: [{ amount }] }).total;
        const credit = proration(april, end ?? april.end, { before: [{ amount }], next: [] }).total;
        const undone = proration(april, begin ?? april.start, {
          before: [{ amount }],
          next: [{ amount }],
        }).total;
        expect(charge + credit).toBeGreaterThanOrEqual(0);
        expect(undone).toBe(0);
      }),
      { numRuns: 5_000 },
    );
  });

  it('keeps the shares of a line adding up', () => {
    const line = fc.record({
      subtotal: fc.integer({ min: 1_000, max: 10_000_000 }),
      discount: fc.nat({ max: 1_000 }),
      tax: fc.nat({ max: 1_000_000 }),
    });
    fc.assert(
      fc.property(line, second, (given, time) => {
        const at = new Date(time * 1_000);
        const share = unusedShare(given, april, at);
        const total = prorated(sum([given.subtotal, -given.discount, given.tax]), april, at);
        expect(sum([share.subtotal, -share.discount, share.tax])).toBe(total);
      }),
    );
  });
});
