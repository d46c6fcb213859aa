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

export class CardNeeded extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'card_needed',
    kind: 'conflict',
    explanation: 'The customer has no card that could be charged. Send the setup intent of a new one.',
  };
  constructor() {
    super(CardNeeded.facts, 'There is no saved card. Enter one.', 'setup_intent');
  }
}

export class TooManyRefusals extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'too_many_refusals',
    kind: 'rate_limited',
    explanation: 'The bank refused too many purchases of the customer within the last hour.',
  };
  constructor() {
    super(TooManyRefusals.facts, 'The bank refused too often. Try again in an hour.');
  }
}

export class TopUpNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'top_up_not_found',
    kind: 'not_found',
    explanation: 'No purchase of the customer has this id.',
  };
  constructor(id: string) {
    super(TopUpNotFound.facts, `There is no purchase ${id}. Load the page again.`, 'id');
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
