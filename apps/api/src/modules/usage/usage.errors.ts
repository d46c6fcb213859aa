import { AppError, type ErrorFacts } from '../../platform/errors.ts';
import { IdempotencyConflict } from '../../platform/http/idempotency.errors.ts';

export class UsageKeyConflict extends AppError {
  static readonly facts = IdempotencyConflict.facts;
  constructor(key: string) {
    super(
      UsageKeyConflict.facts,
      `The idempotency_key ${key} came before with another body. Make a new key for a new event; keep the key when repeating one.`,
      'idempotency_key',
    );
  }
}

export class MeterUnknown extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'meter_unknown',
    kind: 'invalid',
    explanation: 'No meter of this environment has this key. The event was not counted.',
  };
  constructor(meter: string) {
    super(
      MeterUnknown.facts,
      `There is no meter ${meter}. GET /api/v1/meters lists them; POST /api/v1/meters creates one.`,
      'meter',
    );
  }
}

export class CustomerIdUnknown extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'customer_id_unknown',
    kind: 'invalid',
    explanation:
      'The event names one of our customer ids that does not exist here; or one of yours, where the usage settings do not let use create customers.',
  };
  constructor(customer: string) {
    super(CustomerIdUnknown.facts, `There is no customer ${customer} in this environment.`, 'customer');
  }
}

export class EventTimeOutOfRange extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'event_time_out_of_range',
    kind: 'invalid',
    explanation: 'occurred_at is more than 5 minutes in the future or more than 35 days in the past.',
  };
  constructor() {
    super(
      EventTimeOutOfRange.facts,
      'occurred_at must be at most 35 days ago and at most 5 minutes ahead. Check the clock and the unit of the sender.',
      'occurred_at',
    );
  }
}

export class UsageBelowZero extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'usage_below_zero',
    kind: 'invalid',
    explanation: 'The correction would take off more than was used in its period. Nothing was written.',
  };
  constructor() {
    super(
      UsageBelowZero.facts,
      'The correction takes off more than was used in its period. GET /api/v1/usage shows what there is.',
      'value',
    );
  }
}

export class CorrectionDoesNotFit extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'correction_does_not_fit',
    kind: 'invalid',
    explanation:
      'A total that is a count or a sum is corrected by a value, of a count by a whole one; the highest, distinct or latest values by taking an event back.',
  };
  constructor(meter: 'counts' | 'adds_up' | 'keeps_one') {
    const message = {
      counts: 'The meter counts events: give a whole number of them.',
      adds_up: 'The meter counts or sums: say with value by how much the total is off.',
      keeps_one:
        'The meter’s total is not a sum: name the event that is to be taken back, and send what is right as a new event.',
    }[meter];
    super(CorrectionDoesNotFit.facts, message, meter === 'adds_up' ? 'event' : 'value');
  }
}

export class EventNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'event_not_found',
    kind: 'not_found',
    explanation: 'No usage event of this environment has this id.',
  };
  constructor(event: string) {
    super(
      EventNotFound.facts,
      `There is no usage event ${event}. GET /api/v1/usage/events lists them.`,
      'event',
    );
  }
}

export class EventNotCounted extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'event_not_counted',
    kind: 'conflict',
    explanation:
      'The event is not part of any total, or was taken back before: there is nothing to take back.',
  };
  constructor(event: string) {
    super(
      EventNotCounted.facts,
      `The event ${event} does not count: there is nothing to take back.`,
      'event',
    );
  }
}

export class UsagePeriodClosed extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'usage_period_closed',
    kind: 'conflict',
    explanation: 'The period of the event is closed and billed.',
  };
  constructor(event: string) {
    super(
      UsagePeriodClosed.facts,
      `The period of the event ${event} is closed and billed. Correct its invoice with a credit note.`,
      'event',
    );
  }
}

export class IngestOverloaded extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'ingest_overloaded',
    kind: 'rate_limited',
    explanation:
      'Too many events are waiting to be stored. Repeat with the same idempotency keys in a second.',
  };
  constructor() {
    super(
      IngestOverloaded.facts,
      'Too many events are waiting to be stored. Repeat with the same idempotency keys in a second.',
    );
  }
}

export class NotGroupedBy extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'not_grouped_by',
    kind: 'invalid',
    explanation: 'Use is broken down by `customer`, or by a property that the meter lists under group_by.',
  };
  constructor(property: string, meter: string) {
    super(
      NotGroupedBy.facts,
      `The meter ${meter} is not grouped by ${property}. Add it to its group_by with PATCH /api/v1/meters/${meter}, or use customer.`,
      'group_by',
    );
  }
}

export class ExplorationTooFine extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'exploration_too_fine',
    kind: 'invalid',
    explanation:
      'The interval gives too many points: hours are for up to 31 days, days and months for up to 400.',
  };
  constructor(interval: string, daysMax: number) {
    super(
      ExplorationTooFine.facts,
      `By ${interval}, from and to may be at most ${daysMax} days apart. Choose a longer interval or a shorter time.`,
      'interval',
    );
  }
}

export class ExplorationTooLarge extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'exploration_too_large',
    kind: 'invalid',
    explanation:
      'So many events cannot be added up while you wait: distinct values, for one, are counted from all of them.',
  };
  constructor(cause: unknown) {
    super(
      ExplorationTooLarge.facts,
      'There are too many events to add up while you wait. Choose a shorter time, one customer, or leave out group_by.',
      'from',
      { cause },
    );
  }
}
