import { AppError, type ErrorFacts } from '../../platform/errors.ts';

export class RecoveryNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'recovery_not_found',
    kind: 'not_found',
    explanation: 'No recovery of this environment has this id.',
  };
  constructor(id: string) {
    super(RecoveryNotFound.facts, `There is no recovery ${id}. GET /api/v1/recoveries lists them.`, 'id');
  }
}

export class RecoveryEnded extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'recovery_ended',
    kind: 'conflict',
    explanation:
      'The payment was recovered, given up or stopped. POST /api/v1/invoices/{id}/pay tries it still.',
  };
  constructor(id: string, state: string) {
    super(
      RecoveryEnded.facts,
      `The recovery ${id} is ${state}. Pay its invoice with POST /api/v1/invoices/{id}/pay instead.`,
      'id',
    );
  }
}

export class RecoveryOwnedByStripe extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'recovery_owned_by_stripe',
    kind: 'conflict',
    explanation: 'Stripe tries this invoice again by itself. One loop owns an invoice.',
  };
  constructor(id: string) {
    super(
      RecoveryOwnedByStripe.facts,
      `Stripe tries the invoice of ${id} again by itself. Pay it with POST /api/v1/invoices/{id}/pay if it cannot wait.`,
      'id',
    );
  }
}

export class LinkUnknown extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'link_unknown',
    kind: 'not_found',
    explanation: 'The link is wrong, or older than 30 days.',
  };
  constructor() {
    super(LinkUnknown.facts, 'This link is wrong or has expired. Use the one in the newest mail.');
  }
}

export class TooManyGuesses extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'too_many_guesses',
    kind: 'rate_limited',
    explanation: 'Too many requests, or wrong links, came from this address. Wait some minutes.',
  };
  constructor() {
    super(TooManyGuesses.facts, 'Too many attempts came from this address. Try again in some minutes.');
  }
}

export class CardNotConfirmed extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'card_not_confirmed',
    kind: 'invalid',
    explanation: 'The setup intent is not of this link, or the card was not confirmed with it.',
  };
  constructor() {
    super(CardNotConfirmed.facts, 'The card was not confirmed. Enter it again.', 'setup_intent');
  }
}

export class NothingToPay extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'nothing_to_pay',
    kind: 'conflict',
    explanation: 'The invoice is paid or closed.',
  };
  constructor() {
    super(NothingToPay.facts, 'There is nothing to pay any more. Load the page again.');
  }
}
