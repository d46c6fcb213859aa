import { AppError, type ErrorFacts } from '../../platform/errors.ts';

export class CustomerNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'customer_not_found',
    kind: 'not_found',
    explanation:
      'No customer of this environment has this id or external id. Create it with POST /api/v1/customers.',
  };
  constructor(reference: string, param = 'customer') {
    super(
      CustomerNotFound.facts,
      `There is no customer ${reference}. Create it with POST /api/v1/customers, or check that the key belongs to the right environment.`,
      param,
    );
  }
}

export class ExternalIdTaken extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'external_id_taken',
    kind: 'conflict',
    explanation: 'Another customer of this environment has this external id. Update that one instead.',
  };
  constructor(externalId: string) {
    super(
      ExternalIdTaken.facts,
      `The external id ${externalId} belongs to another customer. Update that one with PATCH /api/v1/customers/${externalId}.`,
      'external_id',
    );
  }
}

export class ExternalIdIsFixed extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'external_id_is_fixed',
    kind: 'conflict',
    explanation: 'An external id can be set once, on a customer that has none.',
  };
  constructor() {
    super(
      ExternalIdIsFixed.facts,
      'This customer has an external id already, and it cannot change: usage and checks refer to it.',
      'external_id',
    );
  }
}
