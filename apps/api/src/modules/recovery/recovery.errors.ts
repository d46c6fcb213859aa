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
