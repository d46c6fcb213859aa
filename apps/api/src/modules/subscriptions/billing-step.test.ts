import { describe, expect, it } from 'vitest';
import { type Billed, billingStep } from './billing-step.ts';

const day = (text: string) => new Date(`2027-${text}Z`);
const hour = 3_600_000;
const january = { start: day('01-31T00:00:00'), end: day('02-28T00:00:00') };
const february = { start: january.end, end: day('03-31T00:00:00') };
const billed: Billed = {
  is_running: true,
  billing_anchor: january.start,
  interval: 'month',
  interval_count: 1,
  current_period_start: january.start,
  current_period_end: january.end,
  cancel_at: null,
  ended_at: null,
  billed_until: january.end,
  has_usage: true,
};
const at = (now: Date, change: Partial<Billed> = {}) =>
  billingStep({ ...billed, ...change }, { now, grace_ms: hour });

describe('what a subscription is to be invoiced next', () => {
  it('is the first period, when it begins', () => {
    expect(at(january.start, { billed_until: null })).toEqual({
      do: 'invoice',
      usage: null,
      advance: january,
    });
  });

  it('is nothing until the period is over, and an hour more for use that comes late', () => {
    expect(at(day('02-27T00:00:00'))).toEqual({ do: 'wait', until: january.end });
    expect(at(january.end)).toEqual({ do: 'wait', until: day('02-28T01:00:00') });
    expect(at(day('02-28T01:00:00'))).toEqual({ do: 'invoice', usage: january, advance: february });
  });

  it('does not wait where nothing is charged by use', () => {
    expect(at(january.end, { has_usage: false })).toEqual({ do: 'invoice', usage: null, advance: february });
  });

  it('is one period at a time, however late', () => {
    expect(at(day('12-01T00:00:00'))).toEqual({ do: 'invoice', usage: january, advance: february });
  });

  it('is the end where it was to end, and then the use that is left', () => {
    const ending = { cancel_at: january.end };
    expect(at(january.end, ending)).toEqual({ do: 'end', at: january.end });
    const ended = { ...ending, is_running: false, ended_at: january.end };
    expect(at(january.end, ended)).toEqual({ do: 'wait', until: day('02-28T01:00:00') });
    expect(at(day('02-28T01:00:00'), ended)).toEqual({ do: 'invoice', usage: january, advance: null });
    expect(at(day('02-28T01:00:00'), { ...ended, has_usage: false })).toEqual({ do: 'nothing' });
  });

  it('is the use up to a sudden end', () => {
    const ended = { is_running: false, ended_at: day('02-10T00:00:00') };
    expect(at(day('02-10T01:00:00'), ended)).toEqual({
      do: 'invoice',
      usage: { start: january.start, end: day('02-10T00:00:00') },
      advance: null,
    });
  });
});
