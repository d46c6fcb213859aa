import { describe, expect, it } from 'vitest';
import { carriedUsage, type Term } from './carried-usage.ts';

const on = (day: string) => new Date(`2027-${day}T00:00:00Z`);
const month = { interval: 'month', interval_count: 1 } as const;
/** A trial that began on 10 January. */
const trial = (end: string): Term => ({
  billing_anchor: on(end),
  recurrence: month,
  trial_end: on(end),
  current_period_end: on(end),
});
const paid = (from: string, until: string): Term => ({ ...trial(from), current_period_end: on(until) });
const carried = (before: Term | undefined, after: Term, now: string) =>
  carriedUsage(before, after, on(now)).map(({ period_start: start, from_start: from }) =>
    [from, start].map((at) => at.toISOString().slice(5, 10)).join(' → '),
  );

describe('use of a trial', () => {
  it('counts on in the period that begins where the trial ends', () => {
    expect(carried(undefined, trial('01-24'), '01-10')).toEqual(['12-24 → 01-24']);
    expect(carried(trial('01-24'), paid('01-24', '02-24'), '01-24')).toEqual(['12-24 → 01-24']);
  });

  it('counts on in the period of now, when the end of the trial is moved', () => {
    expect(carried(trial('01-24'), trial('02-07'), '01-20')).toEqual(['12-24 → 01-07', '01-07 → 02-07']);
    expect(carried(trial('01-24'), trial('01-20'), '01-12')).toEqual(['12-24 → 12-20', '12-20 → 01-20']);
    expect(carried(trial('01-24'), trial('02-24'), '01-12')).toEqual(['01-24 → 02-24']);
  });

  it('counts on from the period in which the trial was ended before its date', () => {
    expect(carried(trial('01-24'), paid('01-15', '02-15'), '01-15')).toEqual([
      '12-24 → 01-15',
      '12-15 → 01-15',
    ]);
  });

  it('of a trial of months is that of its last period', () => {
    expect(carried(undefined, trial('04-10'), '01-10')).toEqual(['03-10 → 04-10']);
  });

  it('counts on once: what changes afterwards carries nothing', () => {
    expect(carried(paid('01-24', '02-24'), paid('01-24', '03-24'), '02-24')).toEqual([]);
    expect(
      carried(paid('01-24', '02-24'), { ...paid('01-24', '02-28'), billing_anchor: on('01-28') }, '01-28'),
    ).toEqual([]);
    expect(carried(undefined, paid('01-24', '02-24'), '01-24')).toEqual([]);
    expect(carried(undefined, { ...paid('01-24', '02-24'), trial_end: null }, '01-24')).toEqual([]);
  });
});
