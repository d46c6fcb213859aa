import { AppError, type ErrorFacts } from '../../platform/errors.ts';

export class ImportNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'stripe_import_not_found',
    kind: 'not_found',
    explanation: 'No import of this environment has this id.',
  };
  constructor(id: string) {
    super(ImportNotFound.facts, `There is no import ${id}. GET /api/v1/stripe-imports lists them.`, 'id');
  }
}

export class ImportUnderWay extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'stripe_import_under_way',
    kind: 'conflict',
    explanation: 'An import is under way. Wait for its end.',
  };
  constructor(id: string) {
    super(
      ImportUnderWay.facts,
      `The import ${id} is under way. GET /api/v1/stripe-imports/${id} says how far it is.`,
    );
  }
}
