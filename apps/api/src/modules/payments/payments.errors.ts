import { AppError, type ErrorFacts } from '../../platform/errors.ts';

export class NothingToRefund extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'nothing_to_refund',
    kind: 'conflict',
    explanation: 'No card paid this invoice, or all that one paid went back already.',
  };
  constructor(id: string) {
    super(
      NothingToRefund.facts,
      `Of the invoice ${id} there is nothing to refund: no card paid it, or everything went back already.`,
    );
  }
}

export class RefundTooLarge extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'refund_too_large',
    kind: 'conflict',
    explanation: 'More would go back than is left of what was paid. The message says how much is left.',
  };
  constructor(left: { amount: number; currency: string }) {
    super(
      RefundTooLarge.facts,
      `At most ${left.amount} (minor units of ${left.currency}) can still be refunded.`,
      'amount',
    );
  }
}

export class PaymentDisputed extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'payment_disputed',
    kind: 'conflict',
    explanation:
      'The bank holds the money of a disputed payment; it cannot be refunded. Answer or close the dispute.',
  };
  constructor(id: string) {
    super(
      PaymentDisputed.facts,
      `The payment of the invoice ${id} is disputed: the bank holds the money. Answer or close the dispute instead.`,
    );
  }
}

export class DisputeNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'dispute_not_found',
    kind: 'not_found',
    explanation: 'No dispute of this environment has this id.',
  };
  constructor(id: string) {
    super(DisputeNotFound.facts, `There is no dispute ${id}. GET /api/v1/disputes lists them.`, 'id');
  }
}

export class DisputeClosed extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'dispute_closed',
    kind: 'conflict',
    explanation: 'The bank has decided; nothing about the dispute can change any more.',
  };
  constructor(id: string, status: string) {
    super(DisputeClosed.facts, `The dispute ${id} is ${status}; nothing about it can change any more.`);
  }
}
