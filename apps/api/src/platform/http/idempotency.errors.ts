import { AppError, type ErrorFacts } from '../errors.ts';

export class IdempotencyConflict extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'idempotency_conflict',
    kind: 'conflict',
    explanation:
      'The idempotency key was used before with another request or event. Nothing was written. Make a new key for a new one, and keep the key when repeating one.',
  };
  constructor() {
    super(
      IdempotencyConflict.facts,
      'This Idempotency-Key was used before with another method, path or body. Make a new key for a new request.',
      'Idempotency-Key',
    );
  }
}

export class IdempotentRequestInProgress extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'idempotency_in_progress',
    kind: 'conflict',
    explanation:
      'A request with this Idempotency-Key is still being worked on. Repeat it shortly to get its answer.',
  };
  constructor() {
    super(
      IdempotentRequestInProgress.facts,
      'A request with this Idempotency-Key is still being worked on. Repeat it shortly to get its answer.',
      'Idempotency-Key',
    );
  }
}

export class AnswerShownOnce extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'answer_shown_once',
    kind: 'conflict',
    explanation: 'The request was done, and its answer held a secret that is shown only once.',
  };
  constructor() {
    super(
      AnswerShownOnce.facts,
      'This request was done before, and its answer held a secret that is not stored. Revoke that one and make another.',
      'Idempotency-Key',
    );
  }
}
