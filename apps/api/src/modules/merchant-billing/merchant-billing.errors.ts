import { AppError, type ErrorFacts } from '../../platform/errors.ts';

interface Quota {
  limit: number | null;
  used: number | null;
  resets_at: Date | null;
}

export class TrackedCallsUsedUp extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'tracked_calls_used_up',
    kind: 'rate_limited',
    explanation:
      'The calls that the merchant’s plan of BillingOS has for this month are used up. Choose a larger plan, or wait until X-RateLimit-Reset.',
  };
  constructor(private readonly quota: Quota) {
    super(
      TrackedCallsUsedUp.facts,
      'The tracked calls of your plan of BillingOS are used up. Choose a larger plan under Settings → Plan, or wait until it is counted anew.',
    );
  }

  override get headers(): Record<string, string> {
    const { limit, used, resets_at: resetsAt } = this.quota;
    const resetSeconds = resetsAt === null ? undefined : Math.ceil(resetsAt.getTime() / 1_000);
    return {
      'X-RateLimit-Limit': String(limit ?? 0),
      'X-RateLimit-Used': String(used ?? 0),
      'X-RateLimit-Remaining': '0',
      ...(resetSeconds === undefined
        ? {}
        : {
            'X-RateLimit-Reset': String(resetSeconds),
            'Retry-After': String(Math.max(1, resetSeconds - Math.floor(Date.now() / 1_000))),
          }),
    };
  }
}

export class NoPlansSold extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'no_plans_sold',
    kind: 'conflict',
    explanation:
      'This instance of BillingOS sells no plans: it is yours alone, or whoever runs it has not connected Stripe yet.',
  };
  constructor() {
    super(NoPlansSold.facts, 'This instance of BillingOS sells no plans. Ask whoever runs it.');
  }
}
