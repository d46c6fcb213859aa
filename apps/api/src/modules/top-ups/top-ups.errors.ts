import { AppError, type ErrorFacts } from '../../platform/errors.ts';

export class CreditPackNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'credit_pack_not_found',
    kind: 'not_found',
    explanation: 'No credit pack of this environment has this key or id.',
  };
  constructor(reference: string, param = 'pack') {
    super(
      CreditPackNotFound.facts,
      `There is no credit pack ${reference}. GET /api/v1/credits/packs lists them.`,
      param,
    );
  }
}

export class CreditPackArchived extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'credit_pack_archived',
    kind: 'conflict',
    explanation: 'The pack is not sold any more.',
  };
  constructor(key: string) {
    super(CreditPackArchived.facts, `The credit pack ${key} is archived. Name another one.`, 'pack');
  }
}

export class CreditPackKeyTaken extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'credit_pack_key_taken',
    kind: 'conflict',
    explanation: 'Another credit pack has the key.',
  };
  constructor(key: string) {
    super(CreditPackKeyTaken.facts, `Another credit pack has the key ${key}. Choose another key.`, 'key');
  }
}
