const day = 24 * 60 * 60 * 1_000;
/** An attempt that has not been heard of for so long is looked into by somebody else. */
export const attemptLeaseMs = 2 * 60_000;
/** While nobody knows what became of a payment. */
const unknownPauseMs = 5 * 60_000;

export const finalActions = ['cancel', 'pause', 'keep'] as const;
export type FinalAction = (typeof finalActions)[number];
export const owners = ['billingos', 'stripe'] as const;

export interface RecoverySettings {
  owner: (typeof owners)[number];
  /** Days after the first failure, ascending. */
  retry_days: number[];
  /** Null: access stays until the recovery has ended. */
  grace_days: number | null;
  final_action: FinalAction;
  survey: boolean;
}

/** What is decided by: the loop itself, its invoice, its subscription. */
export interface Facts {
  recovery: {
    state: 'recovering' | 'recovered' | 'failed' | 'stopped';
    owner: (typeof owners)[number];
    first_failed_at: Date;
    next_attempt_at: Date | null;
    announced_attempt_at: Date | null;
    attempt_began_at: Date | null;
    attempt_began_count: number | null;
    suspended_at: Date | null;
  };
  invoice: {
    status: 'draft' | 'open' | 'paid' | 'void' | 'uncollectible';
    /** When Stripe tries again. */
    next_attempt_at: Date | null;
    /** A payment whose outcome is not known yet. */
    is_payment_under_way: boolean;
    /** How many attempts to pay it there were, by anybody. */
    payments: number;
  };
  /** Whether the subscription still runs. */
  is_running: boolean;
}

export type Step =
  | { step: 'recover' | 'stop' | 'suspend' | 'attempt' | 'attempt_happened' }
  | { step: 'announce'; attempt_at: Date }
  | { step: 'give_up'; action: FinalAction }
  | { step: 'wait'; until: Date | null };

/**
 * What is to be done about a failed payment now. Failed on day 0 with retries after 3, 6 and 10 days: told on day 2, tried
 * on day 3, and so on; given up right after the attempt of day 10 fails.
 */
export function nextStep(
  { recovery, invoice, is_running: isRunning }: Facts,
  settings: RecoverySettings,
  now: Date,
): Step {
  if (invoice.status === 'paid') {
    return recovery.state === 'recovered' ? { step: 'wait', until: null } : { step: 'recover' };
  }
  if (recovery.state !== 'recovering') {
    return { step: 'wait', until: null };
  }
  if (invoice.status !== 'open') {
    return { step: 'stop' };
  }
  if (invoice.is_payment_under_way) {
    return { step: 'wait', until: new Date(now.getTime() + unknownPauseMs) };
  }
  const unfinished = ofAttempt(recovery, invoice.payments, now);
  if (unfinished !== undefined) {
    return unfinished;
  }
  if (!isRunning) {
    // Stripe ended it after its own last attempt, or somebody did meanwhile.
    return recovery.owner === 'stripe' ? { step: 'give_up', action: 'cancel' } : { step: 'stop' };
  }
  const suspendAt = graceEnd(recovery.first_failed_at, settings);
  if (suspendAt !== undefined && recovery.suspended_at === null && suspendAt <= now) {
    return { step: 'suspend' };
  }

  const attemptAt = recovery.owner === 'stripe' ? invoice.next_attempt_at : recovery.next_attempt_at;
  const endsAt = recovery.owner === 'stripe' ? attemptAt : lastAttempt(recovery.first_failed_at, settings);
  if (attemptAt === null && (endsAt === null || endsAt <= now)) {
    return { step: 'give_up', action: recovery.owner === 'stripe' ? 'keep' : settings.final_action };
  }
  if (attemptAt !== null && attemptAt <= now && recovery.owner === 'billingos') {
    return { step: 'attempt' };
  }
  const announceAt = attemptAt === null ? undefined : new Date(attemptAt.getTime() - day);
  const isAnnounced = recovery.announced_attempt_at?.getTime() === attemptAt?.getTime();
  if (attemptAt !== null && announceAt !== undefined && !isAnnounced && announceAt <= now) {
    return { step: 'announce', attempt_at: attemptAt };
  }
  return {
    step: 'wait',
    until: earliestAfter(now, [
      isAnnounced ? undefined : announceAt,
      attemptAt ?? undefined,
      endsAt ?? undefined,
      recovery.suspended_at === null ? suspendAt : undefined,
    ]),
  };
}

/** An attempt that began and was not finished: under way, or its process died before or after the payment. */
function ofAttempt(recovery: Facts['recovery'], payments: number, now: Date): Step | undefined {
  const { attempt_began_at: beganAt, attempt_began_count: count } = recovery;
  if (beganAt === null || count === null) {
    return undefined;
  }
  const until = new Date(beganAt.getTime() + attemptLeaseMs);
  if (until > now) {
    return { step: 'wait', until };
  }
  return { step: payments > count ? 'attempt_happened' : 'attempt' };
}

/** The first planned attempt after `after`: [3, 6, 10] and failed on the 1st, after the 4th it is the 7th. Null: none is left. */
export function plannedAttempt(firstFailedAt: Date, after: Date, settings: RecoverySettings): Date | null {
  return slots(firstFailedAt, settings).find((slot) => slot > after) ?? null;
}

/**
 * From when the days of a plan count: from the first failure; but from when it was heard of, when the first attempt should
 * have been before that. An outage takes neither attempts nor grace away.
 */
export function countedFrom(firstFailedAt: Date, heardAt: Date, settings: RecoverySettings): Date {
  const [first] = slots(firstFailedAt, settings);
  return first !== undefined && first <= heardAt ? heardAt : firstFailedAt;
}

/** When access ends while it is not paid: 0 days is the failure itself. Undefined: not before the recovery ends. */
function graceEnd(firstFailedAt: Date, settings: RecoverySettings): Date | undefined {
  return settings.grace_days === null
    ? undefined
    : new Date(firstFailedAt.getTime() + settings.grace_days * day);
}

/** When the last planned attempt is, and whoever could not be charged again is given up on. */
function lastAttempt(firstFailedAt: Date, settings: RecoverySettings): Date {
  return slots(firstFailedAt, settings).at(-1) ?? firstFailedAt;
}

function slots(firstFailedAt: Date, settings: RecoverySettings): Date[] {
  return settings.retry_days.map((days) => new Date(firstFailedAt.getTime() + days * day));
}

function earliestAfter(now: Date, times: (Date | undefined)[]): Date | null {
  const ahead = times.filter((time) => time !== undefined).filter((time) => time > now);
  return ahead.length === 0 ? null : new Date(Math.min(...ahead.map((time) => time.getTime())));
}
