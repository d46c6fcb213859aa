import { AppError, type ErrorFacts } from '../../platform/errors.ts';

export class InvoiceNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'invoice_not_found',
    kind: 'not_found',
    explanation: 'No invoice of this environment has this id.',
  };
  constructor(id: string, param = 'id') {
    super(InvoiceNotFound.facts, `There is no invoice ${id}. GET /api/v1/invoices lists them.`, param);
  }
}

export class InvoiceNotOpen extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'invoice_not_open',
    kind: 'conflict',
    explanation:
      'Only an open invoice can be paid, voided or given up; the message says how this one stands.',
  };
  constructor(id: string, status: string) {
    super(
      InvoiceNotOpen.facts,
      `The invoice ${id} is ${status}; only an open one can be paid, voided or given up.`,
    );
  }
}

export class InvoiceNotOnStripe extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'invoice_not_on_stripe',
    kind: 'conflict',
    explanation:
      'BillingOS invoices this customer itself: no card is charged and no refund goes through Stripe.',
  };
  constructor(id: string) {
    super(
      InvoiceNotOnStripe.facts,
      `The invoice ${id} is not collected by Stripe. Mark it paid when the money has come.`,
    );
  }
}

export class PaymentUnderWay extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'payment_under_way',
    kind: 'conflict',
    explanation:
      'Somebody is paying this invoice, or the outcome of a payment is not known yet. It is found out by itself: look again in a few minutes.',
  };
  constructor(id: string) {
    super(
      PaymentUnderWay.facts,
      `A payment of the invoice ${id} is under way, or its outcome is not known yet. Look again in a few minutes: GET /api/v1/invoices/${id}.`,
    );
  }
}
