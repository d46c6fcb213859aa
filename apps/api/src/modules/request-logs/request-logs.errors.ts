import { AppError, type ErrorFacts } from '../../platform/errors.ts';

export class LogKeyUnknown extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'log_key_unknown',
    kind: 'invalid',
    explanation: 'No consumer key of this environment has this id. The call was not logged.',
  };
  constructor(id: string) {
    super(
      LogKeyUnknown.facts,
      `There is no key ${id}. Send the key_id of its verification, not the key itself.`,
      'key',
    );
  }
}

export class LogProjectUnknown extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'log_project_unknown',
    kind: 'invalid',
    explanation:
      'The project does not exist, or is not one of the key’s or customer’s. The call was not logged.',
  };
  constructor(id: string) {
    super(LogProjectUnknown.facts, `There is no project ${id} of this key or customer.`, 'project');
  }
}

export class LogCustomerUnknown extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'log_customer_unknown',
    kind: 'invalid',
    explanation:
      'The call names one of our customer ids that does not exist here. (Your own ids are created when first seen.)',
  };
  constructor(id: string) {
    super(LogCustomerUnknown.facts, `There is no customer ${id} in this environment.`, 'customer');
  }
}

export class LogTimeOutOfRange extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'log_time_out_of_range',
    kind: 'invalid',
    explanation: 'timestamp is more than 5 minutes in the future or more than 24 hours in the past.',
  };
  constructor() {
    super(
      LogTimeOutOfRange.facts,
      'timestamp must be at most 24 hours ago and at most 5 minutes ahead. Check the clock and the unit of the sender.',
      'timestamp',
    );
  }
}

export class TooManyLogs extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'too_many_logs',
    kind: 'rate_limited',
    explanation:
      'Too many calls are waiting to be stored. Repeat in a second, with the same idempotency keys.',
  };
  constructor() {
    super(
      TooManyLogs.facts,
      'Too many calls are waiting to be stored. Repeat in a second, with the same idempotency keys.',
    );
  }
}

export class SummaryTooFine extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'summary_too_fine',
    kind: 'invalid',
    explanation:
      'The interval gives too many points: minutes are for up to 6 hours, hours for up to 31 days, days for up to 400, months for as many.',
  };
  constructor(interval: string, max: string) {
    super(
      SummaryTooFine.facts,
      `By ${interval}, from and to may be at most ${max} apart. Choose a longer interval or a shorter time.`,
      'interval',
    );
  }
}
