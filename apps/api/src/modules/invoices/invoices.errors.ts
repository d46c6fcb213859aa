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

export class InvoiceNotParked extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'invoice_not_parked',
    kind: 'conflict',
    explanation: 'Only an invoice that is held back (`parked_at`) can be released.',
  };
  constructor(id: string) {
    super(
      InvoiceNotParked.facts,
      `The invoice ${id} is not held back: look at how it stands with GET /api/v1/invoices/${id}.`,
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

export class InvoiceNotManual extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'invoice_not_manual',
    kind: 'conflict',
    explanation: 'Stripe collects this invoice: it knows when it is paid, and has its PDF.',
  };
  constructor(id: string) {
    super(
      InvoiceNotManual.facts,
      `The invoice ${id} is collected by Stripe, which says by itself when it is paid; its hosted_invoice_url shows it.`,
    );
  }
}

export class PaidInFuture extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'paid_in_future',
    kind: 'invalid',
    explanation: 'Money that is yet to come has not been paid.',
  };
  constructor(at: Date) {
    super(PaidInFuture.facts, `paid_at is ${at.toISOString()}, which is yet to come.`, 'paid_at');
  }
}

export class CreditNoteNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'credit_note_not_found',
    kind: 'not_found',
    explanation: 'No credit note of this environment has this id.',
  };
  constructor(id: string) {
    super(
      CreditNoteNotFound.facts,
      `There is no credit note ${id}. GET /api/v1/invoices/{id} shows those of an invoice.`,
      'id',
    );
  }
}

export class CreditNoteSettled extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'credit_note_settled',
    kind: 'conflict',
    explanation: 'The invoice was paid or voided after the credit note had lowered what was due.',
  };
  constructor(id: string) {
    super(
      CreditNoteSettled.facts,
      `The invoice of the credit note ${id} was settled after it. What is owed beyond it needs an invoice of its own.`,
    );
  }
}
