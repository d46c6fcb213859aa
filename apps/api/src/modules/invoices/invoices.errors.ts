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

export class InvoiceNotIssued extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'invoice_not_issued',
    kind: 'conflict',
    explanation: 'Only of an open or paid invoice something can be taken back.',
  };
  constructor(id: string, status: string) {
    super(
      InvoiceNotIssued.facts,
      `The invoice ${id} is ${status}; only of an open or paid one something can be taken back.`,
    );
  }
}

export class InvoiceLineNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'invoice_line_not_found',
    kind: 'not_found',
    explanation: 'The invoice has no line with this id.',
  };
  constructor(id: string) {
    super(
      InvoiceLineNotFound.facts,
      `The invoice has no line ${id}. GET /api/v1/invoices/{id} shows its lines.`,
      'lines',
    );
  }
}

export class CreditNoteTooLarge extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'credit_note_too_large',
    kind: 'conflict',
    explanation:
      'More would be taken back than is left of the invoice or line. The message says how much is left.',
  };
  constructor(left: number) {
    super(
      CreditNoteTooLarge.facts,
      `At most ${left} (minor units of the invoice’s currency) can still be taken back.`,
      'amount',
    );
  }
}

export class NotAllGiven extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'not_all_given',
    kind: 'conflict',
    explanation:
      'What goes back of a paid invoice as credit, refund or otherwise must add up to the credit note.',
  };
  constructor(amount: number) {
    super(
      NotAllGiven.facts,
      `credit_amount, refund_amount and out_of_band_amount must add up to ${amount}; without credit_amount the rest becomes credit.`,
      'credit_amount',
    );
  }
}
