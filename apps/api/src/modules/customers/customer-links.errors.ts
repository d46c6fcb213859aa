import { AppError, type ErrorFacts } from '../../platform/errors.ts';

export class LinkUnknown extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'link_unknown',
    kind: 'not_found',
    explanation: 'The link is wrong, or has expired.',
  };
  constructor() {
    super(LinkUnknown.facts, 'This link is wrong or has expired. Use the newest one that you were given.');
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
