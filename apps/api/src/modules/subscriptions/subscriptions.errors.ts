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

export class SubscriptionNotOnStripe extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'subscription_not_on_stripe',
    kind: 'conflict',
    explanation: 'BillingOS itself invoices the subscription; what Stripe would do for it cannot be done.',
  };
  constructor(id: string) {
    super(
      SubscriptionNotOnStripe.facts,
      `The subscription ${id} is invoiced by BillingOS itself, not by Stripe: it can be cancelled, and created anew with other terms.`,
    );
  }
}

export class NotABasePlan extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'not_a_base_plan',
    kind: 'invalid',
    explanation: 'An add-on is sold on top of a plan, not by itself.',
  };
  constructor(plan: string) {
    super(NotABasePlan.facts, `${plan} is an add-on. Name a plan, and this one among add_ons.`, 'plan');
  }
}

export class NotAnAddOn extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'not_an_add_on',
    kind: 'invalid',
    explanation: 'Only a plan of type add_on can be added to a subscription.',
  };
  constructor(plan: string, param: string) {
    super(NotAnAddOn.facts, `${plan} is no add-on. GET /api/v1/add-ons lists them.`, param);
  }
}

export class PlanArchived extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'plan_archived',
    kind: 'conflict',
    explanation: 'The plan is not sold any more. Whoever is on it stays.',
  };
  constructor(plan: string) {
    super(
      PlanArchived.facts,
      `The plan ${plan} is archived. Choose another, or sell it again with POST /api/v1/plans/${plan}/unarchive.`,
      'plan',
    );
  }
}

export class PlanInOtherGroup extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'plan_in_other_group',
    kind: 'conflict',
    explanation:
      'A subscription changes to a plan of its own group. A plan of another group is a subscription of its own.',
  };
  constructor(plan: string, group: string) {
    super(
      PlanInOtherGroup.facts,
      `The plan ${plan} is not one of the group ${group}. Subscribe the customer to it separately, with POST /api/v1/subscriptions.`,
      'plan',
    );
  }
}

export class OfferNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'offer_not_found',
    kind: 'not_found',
    explanation: 'The plan has no price in this currency and interval.',
  };
  constructor(plan: string, offers: string[]) {
    super(
      OfferNotFound.facts,
      `The plan ${plan} has no such price. It is sold in ${offers.join(', ')}.`,
      'price',
    );
  }
}

export class TrialUsed extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'trial_used',
    kind: 'conflict',
    explanation: 'A customer has one trial in a group of plans.',
  };
  constructor(group: string, at: Date) {
    super(
      TrialUsed.facts,
      `The customer had a trial of the group ${group} already, from ${at.toISOString()}. Leave trial out, or set it to false.`,
      'trial',
    );
  }
}

export class PaymentMethodNeeded extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'payment_method_needed',
    kind: 'invalid',
    explanation: 'The plan’s trial asks for a payment method, and the customer has none.',
  };
  constructor(plan: string) {
    super(
      PaymentMethodNeeded.facts,
      `The trial of ${plan} needs a payment method. Name payment_method, or open a checkout, where the customer gives one.`,
      'payment_method',
    );
  }
}

export class NothingToChange extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'nothing_to_change',
    kind: 'invalid',
    explanation: 'The subscription is like that already.',
  };
  constructor(id: string) {
    super(
      NothingToChange.facts,
      `The subscription ${id} is like that already. Name what shall be different: plan, price, interval, quantity, add_ons or coupon.`,
    );
  }
}

export class PreviewOutdated extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'preview_outdated',
    kind: 'conflict',
    explanation:
      'The preview is more than an hour old, or of another period. Its amount would not be the charge.',
  };
  constructor() {
    super(
      PreviewOutdated.facts,
      `This preview holds no more. Ask for a new one with POST …/preview-change.`,
      'proration_at',
    );
  }
}

export class NotOnTrial extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'not_on_trial',
    kind: 'conflict',
    explanation: 'Only the end of a running trial can be set.',
  };
  constructor(id: string) {
    super(NotOnTrial.facts, `The subscription ${id} is on no trial.`);
  }
}

export class DateNotAhead extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'date_not_ahead',
    kind: 'invalid',
    explanation: 'The date must lie in the future.',
  };
  constructor(param: string) {
    super(DateNotAhead.facts, `${param} must lie in the future.`, param);
  }
}

export class CannotPause extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'cannot_pause',
    kind: 'conflict',
    explanation: 'A subscription whose payment is missing cannot be paused.',
  };
  constructor(id: string) {
    super(
      CannotPause.facts,
      `A payment for ${id} is missing. It can be paused when that is paid, or cancelled now.`,
    );
  }
}

export class PlanMigrationNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'plan_migration_not_found',
    kind: 'not_found',
    explanation: 'No plan migration of this environment has this id.',
  };
  constructor(id: string) {
    super(
      PlanMigrationNotFound.facts,
      `There is no plan migration ${id}. GET /api/v1/plans/:id/migrations lists them.`,
      'id',
    );
  }
}

export class NotBilledManually extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'not_billed_manually',
    kind: 'conflict',
    explanation: 'BillingOS itself invoices the subscription: it charges no card and has no trial.',
  };
  constructor(param: string) {
    super(
      NotBilledManually.facts,
      `A subscription with billing manual takes no ${param}. Leave it out, or bill by Stripe.`,
      param,
    );
  }
}

export class RefundNeedsCreditNote extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'refund_needs_credit_note',
    kind: 'conflict',
    explanation:
      'BillingOS itself invoices the subscription, so nothing goes back by itself: write a credit note on its invoice.',
  };
  constructor(id: string) {
    super(
      RefundNeedsCreditNote.facts,
      `The subscription ${id} is invoiced by BillingOS itself. Cancel it with refund none, then write a credit note: POST /api/v1/invoices/{id}/credit-notes.`,
      'refund',
    );
  }
}
