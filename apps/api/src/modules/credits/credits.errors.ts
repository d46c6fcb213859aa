import { AppError, type ErrorFacts } from '../../platform/errors.ts';

export class CreditGrantNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'credit_grant_not_found',
    kind: 'not_found',
    explanation: 'No credit grant of this environment has this id.',
  };
  constructor(id: string) {
    super(
      CreditGrantNotFound.facts,
      `There is no credit grant ${id}. GET /api/v1/customers/{id}/credits/grants lists a customer's.`,
      'id',
    );
  }
}

export class CreditTimesDoNotFit extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'credit_times_do_not_fit',
    kind: 'invalid',
    explanation: 'Credits expire after they become effective, and in the future.',
  };
  constructor() {
    super(
      CreditTimesDoNotFit.facts,
      'The credits would have expired before anybody could use them. Give a later expires_at.',
      'expires_at',
    );
  }
}
