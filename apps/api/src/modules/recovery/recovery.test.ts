import { describe, expect, it } from 'vitest';
import { countedFrom, type Facts, nextStep, plannedAttempt, type RecoverySettings } from './recovery.ts';

const at = (days: number, hours = 0) => new Date(Date.UTC(2026, 2, 1 + days, hours));
const settings: RecoverySettings = {
  owner: 'billingos',
  retry_days: [3, 6, 10],
  grace_days: null,
  final_action: 'cancel',
  survey: true,
};

function facts(
  recovery: Partial<Facts['recovery']> = {},
  invoice: Partial<Facts['invoice']> = {},
  isRunning = true,
): Facts {
  return {
    recovery: {
      state: 'recovering',
      owner: 'billingos',
      first_failed_at: at(0),
      next_attempt_at: at(3),
      announced_attempt_at: null,
      attempt_began_at: null,
      attempt_began_count: null,
      suspended_at: null,
      ...recovery,
    },
    invoice: {
      status: 'open',
      next_attempt_at: null,
      is_payment_under_way: false,
      payments: 1,
      ...invoice,
    },
    is_running: isRunning,
  };
}

describe('after a failed payment', () => {
  it.each([
    ['waits until it is time to tell of the attempt', facts(), at(0), { step: 'wait', until: at(2) }],
    ['tells of the attempt a day before', facts(), at(2), { step: 'announce', attempt_at: at(3) }],
    ['tells it once', facts({ announced_attempt_at: at(3) }), at(2), { step: 'wait', until: at(3) }],
    ['tries when it is planned', facts({ announced_attempt_at: at(3) }), at(3), { step: 'attempt' }],
    ['tries when it is overdue', facts(), at(8), { step: 'attempt' }],
    [
      'gives up after the last attempt',
      facts({ next_attempt_at: null }),
      at(10),
      { step: 'give_up', action: 'cancel' },
    ],
    [
      'gives somebody who needs another card until the last planned attempt',
      facts({ next_attempt_at: null }),
      at(4),
      { step: 'wait', until: at(10) },
    ],
    ['is over once it is paid', facts({}, { status: 'paid' }), at(1), { step: 'recover' }],
    [
      'is recovered even after it was given up',
      facts({ state: 'failed' }, { status: 'paid' }),
      at(30),
      { step: 'recover' },
    ],
    ['is stopped when the invoice is voided', facts({}, { status: 'void' }), at(1), { step: 'stop' }],
    ['is stopped when the subscription has ended', facts({}, {}, false), at(1), { step: 'stop' }],
    [
      'starts nothing while the outcome of a payment is unknown',
      facts({}, { is_payment_under_way: true }),
      at(3),
      { step: 'wait', until: new Date(at(3).getTime() + 300_000) },
    ],
    [
      'leaves an attempt that has just begun to whoever began it',
      facts({ attempt_began_at: at(3), attempt_began_count: 1 }),
      at(3),
      { step: 'wait', until: new Date(at(3).getTime() + 120_000) },
    ],
    [
      'repeats an attempt that never reached Stripe',
      facts({ attempt_began_at: at(3), attempt_began_count: 1 }),
      at(3, 1),
      { step: 'attempt' },
    ],
    [
      'does not repeat an attempt that did',
      facts({ attempt_began_at: at(3), attempt_began_count: 1 }, { payments: 2 }),
      at(3, 1),
      { step: 'attempt_happened' },
    ],
    [
      'follows Stripe where Stripe tries again',
      facts({ owner: 'stripe' }, { next_attempt_at: at(5) }),
      at(4),
      { step: 'announce', attempt_at: at(5) },
    ],
    [
      'never tries where Stripe does',
      facts({ owner: 'stripe', announced_attempt_at: at(5) }, { next_attempt_at: at(5) }),
      at(6),
      { step: 'wait', until: null },
    ],
    [
      'ends when Stripe ends it',
      facts({ owner: 'stripe' }, {}, false),
      at(8),
      { step: 'give_up', action: 'cancel' },
    ],
    ['leaves it as Stripe does', facts({ owner: 'stripe' }), at(8), { step: 'give_up', action: 'keep' }],
  ] as const)('%s', (_, given, now, step) => {
    expect(nextStep(given, settings, now)).toEqual(step);
  });

  it.each([
    [0, at(0), 'suspend'],
    [5, at(4, 23), 'attempt'],
    [5, at(5), 'suspend'],
    [21, at(9), 'attempt'],
  ])('with %i days of grace, at %s comes: %s', (graceDays, now, step) => {
    expect(nextStep(facts(), { ...settings, grace_days: graceDays }, now).step).toBe(step);
  });
});

describe('the planned attempts', () => {
  it.each([
    [at(0), at(3)],
    [at(3), at(6)],
    // Nobody worked for a week: what was missed is not made up for in a row.
    [at(8), at(10)],
    [at(10), null],
  ])('after %s comes %s', (after, planned) => {
    expect(plannedAttempt(at(0), after, settings)).toEqual(planned);
  });
});

describe('the days of a plan', () => {
  it.each([
    ['at once', at(0), at(0)],
    ['before the first attempt', at(2, 23), at(0)],
    ['when the first attempt should have been', at(3), at(3)],
    ['after an outage of two months', at(60), at(60)],
  ])('count from the right day for a failure heard of %s', (_, heardAt, expected) => {
    expect(countedFrom(at(0), heardAt, settings)).toEqual(expected);
  });
});
