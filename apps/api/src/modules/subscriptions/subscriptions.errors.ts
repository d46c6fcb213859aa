import { AppError, type ErrorFacts } from '../../platform/errors.ts';

export class SubscriptionNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'subscription_not_found',
    kind: 'not_found',
    explanation: 'No subscription of this environment has this id.',
  };
  constructor(id: string) {
    super(
      SubscriptionNotFound.facts,
      `There is no subscription ${id}. GET /api/v1/subscriptions lists them.`,
      'id',
    );
  }
}

export class AlreadySubscribed extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'already_subscribed',
    kind: 'conflict',
    explanation: 'The customer has a running subscription in the plan’s group. Cancel it first.',
  };
  constructor(customer: string, subscription: { id: string; plan: { key: string } }) {
    super(
      AlreadySubscribed.facts,
      `The customer ${customer} runs ${subscription.id} on the plan ${subscription.plan.key}, of the same group. Cancel it first.`,
      'customer',
    );
  }
}

export class SubscriptionEnded extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'subscription_ended',
    kind: 'conflict',
    explanation: 'The subscription has ended; nothing about it can change any more.',
  };
  constructor(id: string) {
    super(
      SubscriptionEnded.facts,
      `The subscription ${id} has ended. Create a new one with POST /api/v1/subscriptions.`,
    );
  }
}
