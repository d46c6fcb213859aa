import { AppError, type ErrorFacts } from '../../platform/errors.ts';

export class ApiKeyNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'api_key_not_found',
    kind: 'not_found',
    explanation: 'No API key of this environment has this id.',
  };
  constructor(id: string) {
    super(ApiKeyNotFound.facts, `There is no API key ${id}. GET /api/v1/api-keys lists them.`, 'id');
  }
}

export class TooManyMerchants extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'too_many_merchants',
    kind: 'conflict',
    explanation: 'One user may own only so many merchants.',
  };
  constructor(merchantsMax: number) {
    super(
      TooManyMerchants.facts,
      `You are a member of ${merchantsMax} merchants already. Leave one to create another.`,
    );
  }
}

export class ConnectStripeFirst extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'connect_stripe_first',
    kind: 'conflict',
    explanation: 'The environment has no Stripe account yet. Start with POST /api/v1/stripe-account/connect.',
  };
  constructor() {
    super(
      ConnectStripeFirst.facts,
      'This environment has no Stripe account yet. Start with POST /api/v1/stripe-account/connect.',
    );
  }
}
