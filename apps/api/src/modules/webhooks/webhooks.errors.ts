import { AppError, type ErrorFacts } from '../../platform/errors.ts';

export class StripeAccountUnknown extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'stripe_account_unknown',
    kind: 'not_found',
    explanation: 'No environment of this mode is connected with the event’s account. Nothing was stored.',
  };
  constructor() {
    super(
      StripeAccountUnknown.facts,
      'No environment of this mode is connected with the account of this event.',
    );
  }
}

export class WebhookEventNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'webhook_event_not_found',
    kind: 'not_found',
    explanation: 'No received Stripe event of this environment has this id.',
  };
  constructor(id: string) {
    super(
      WebhookEventNotFound.facts,
      `There is no event ${id}. GET /api/v1/webhook-events lists them.`,
      'id',
    );
  }
}
