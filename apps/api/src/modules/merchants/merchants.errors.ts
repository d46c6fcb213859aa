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

export class ApiKeyNotActive extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'api_key_not_active',
    kind: 'conflict',
    explanation: 'The key was revoked or was rotated already. Rotate its successor, or create a key.',
  };
  constructor(why: 'was revoked' | 'was rotated already') {
    super(
      ApiKeyNotActive.facts,
      `The key ${why}. Rotate the key that replaced it, or create a new one.`,
      'id',
    );
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

export class NotInPlan extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'not_in_plan',
    kind: 'forbidden',
    explanation: 'The merchant’s plan of BillingOS does not include it. Choose a larger one in the settings.',
  };
  constructor(what: string) {
    super(
      NotInPlan.facts,
      `${what}: your plan of BillingOS does not include it. Choose a larger one under Settings → Plan.`,
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

export class SubscriptionsStillRun extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'subscriptions_still_run',
    kind: 'conflict',
    explanation:
      'Subscriptions of the former Stripe account still run. Connect that account again, or say abandon_subscriptions.',
  };
  constructor(count: number) {
    super(
      SubscriptionsStillRun.facts,
      `${count} subscriptions of the former Stripe account still run, and another account cannot charge them. Connect the former one again (account: "former"), or end them here with abandon_subscriptions: true; on Stripe they go on until you cancel them there.`,
      'abandon_subscriptions',
    );
  }
}
