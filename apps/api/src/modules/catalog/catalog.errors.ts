import { AppError, type ErrorFacts } from '../../platform/errors.ts';

export class FeatureNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'feature_not_found',
    kind: 'not_found',
    explanation:
      'No feature of this environment has this key or id. A typo is refused rather than answered with "no".',
  };
  constructor(reference: string, param = 'feature') {
    super(
      FeatureNotFound.facts,
      `There is no feature ${reference}. GET /api/v1/features lists them; POST /api/v1/features creates one.`,
      param,
    );
  }
}

export class MeterNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'meter_not_found',
    kind: 'not_found',
    explanation: 'No meter of this environment has this key or id.',
  };
  constructor(reference: string, param = 'meter') {
    super(
      MeterNotFound.facts,
      `There is no meter ${reference}. GET /api/v1/meters lists them; POST /api/v1/meters creates one.`,
      param,
    );
  }
}

export class PlanNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'plan_not_found',
    kind: 'not_found',
    explanation: 'No plan of this environment has this key or id.',
  };
  constructor(reference: string, param = 'plan') {
    super(PlanNotFound.facts, `There is no plan ${reference}. GET /api/v1/plans lists them.`, param);
  }
}

export class PlanIsAddOn extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'plan_is_add_on',
    kind: 'invalid',
    explanation: 'An add-on is sold on top of a plan, never instead of one.',
  };
  constructor(plan: string, param = 'plan') {
    super(PlanIsAddOn.facts, `${plan} is an add-on, sold on top of a plan. Name a plan.`, param);
  }
}

export class DraftNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'draft_not_found',
    kind: 'not_found',
    explanation: 'The plan has no draft of a next version.',
  };
  constructor(plan: string) {
    super(
      DraftNotFound.facts,
      `The plan ${plan} has no draft. PUT /api/v1/plans/${plan}/draft writes one.`,
      'id',
    );
  }
}

export class CouponNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'coupon_not_found',
    kind: 'not_found',
    explanation: 'No coupon of this environment has this key or id.',
  };
  constructor(reference: string, param = 'coupon') {
    super(CouponNotFound.facts, `There is no coupon ${reference}. GET /api/v1/coupons lists them.`, param);
  }
}

export class CouponArchived extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'coupon_archived',
    kind: 'conflict',
    explanation: 'The coupon is not redeemed any more. Who has it keeps it.',
  };
  constructor(coupon: string, param = 'coupon') {
    super(CouponArchived.facts, `The coupon ${coupon} is archived. Name another, or none.`, param);
  }
}

export class CouponExpired extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'coupon_expired',
    kind: 'conflict',
    explanation: 'The time to redeem the coupon is over. Who has it keeps it.',
  };
  constructor(coupon: string, param = 'coupon') {
    super(
      CouponExpired.facts,
      `The coupon ${coupon} can be redeemed no more: its time is over. Name another, or none.`,
      param,
    );
  }
}

export class CouponTermsDoNotFit extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'coupon_terms_do_not_fit',
    kind: 'invalid',
    explanation:
      'A coupon takes off a percentage, or an amount of a currency; a repeating one says for how many months.',
  };
  constructor(message: string, param: string) {
    super(CouponTermsDoNotFit.facts, message, param);
  }
}

export class PriceNotReplaceable extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'price_not_replaceable',
    kind: 'not_found',
    explanation: 'A customer’s own price stands in for a published price that everybody else gets.',
  };
  constructor(price: string) {
    super(
      PriceNotReplaceable.facts,
      `There is no published price ${price} that a customer’s own could stand in for. GET /api/v1/plans shows prices.`,
      'price',
    );
  }
}

export class CustomerHasOwnPrice extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'customer_has_own_price',
    kind: 'conflict',
    explanation: 'The customer has a price of their own in place of this one already.',
  };
  constructor(price: string) {
    super(
      CustomerHasOwnPrice.facts,
      `The customer has a price of their own in place of ${price}. Archive that first, with DELETE.`,
      'price',
    );
  }
}

export class CustomerPriceNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'customer_price_not_found',
    kind: 'not_found',
    explanation: 'The customer has no price of their own with this id.',
  };
  constructor(price: string) {
    super(
      CustomerPriceNotFound.facts,
      `The customer has no price ${price} of their own. GET /api/v1/customers/:id/prices lists them.`,
      'price_id',
    );
  }
}

export class KeyTaken extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'key_taken',
    kind: 'conflict',
    explanation: 'Another object of this kind and environment has this key.',
  };
  constructor(kind: 'feature' | 'meter' | 'plan' | 'coupon', key: string) {
    super(KeyTaken.facts, `There is a ${kind} with the key ${key} already. Choose another key.`, 'key');
  }
}

export class MeterInUse extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'meter_in_use',
    kind: 'conflict',
    explanation:
      'What a meter counts cannot change once events have come, or once its use is told to Stripe in another way.',
  };
  constructor(meter: string, why: 'events' | 'stripe') {
    super(
      MeterInUse.facts,
      why === 'events'
        ? `Events of the meter ${meter} were counted: only its name and group_by can change. Create a meter with another key.`
        : `Stripe keeps the meter ${meter} otherwise: its aggregation cannot change to this one. Create a meter with another key.`,
    );
  }
}

export class MeterPropertyMisplaced extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'meter_property_misplaced',
    kind: 'invalid',
    explanation: 'A meter of the kind unique needs a property, and one that counts events has none.',
  };
  constructor() {
    super(
      MeterPropertyMisplaced.facts,
      'unique needs the property whose distinct values count; count takes none: send property: null.',
      'property',
    );
  }
}

export class MeterCountsOtherwise extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'meter_counts_otherwise',
    kind: 'conflict',
    explanation: 'A feature was to be made with a meter that exists and counts in another way.',
  };
  constructor(meter: string, param: string) {
    super(
      MeterCountsOtherwise.facts,
      `The meter ${meter} exists and has another ${param}. Leave out ${param}, change the meter, or name another one.`,
      param,
    );
  }
}

export class MeterOnlyForMeteredFeature extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'meter_only_for_metered_feature',
    kind: 'invalid',
    explanation: 'Only a metered feature has a meter.',
  };
  constructor(param: string) {
    super(
      MeterOnlyForMeteredFeature.facts,
      `Only a feature of type metered has a meter. Leave out ${param}.`,
      param,
    );
  }
}

export class GrantDoesNotFitFeature extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'grant_does_not_fit_feature',
    kind: 'invalid',
    explanation:
      'A limit and overage belong to a metered feature, a value to a config feature, neither to a boolean one.',
  };
  constructor(message: string, param: string) {
    super(GrantDoesNotFitFeature.facts, message, param);
  }
}

export class PriceRepeated extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'price_repeated',
    kind: 'invalid',
    explanation:
      'Prices of the same currency and interval are sold together: one flat, one for seats, one for the use of each feature.',
  };
  constructor(message: string, param: string) {
    super(PriceRepeated.facts, message, param);
  }
}

export class PriceTermsDoNotFit extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'price_terms_do_not_fit',
    kind: 'invalid',
    explanation:
      'Each type of price has fields of its own: flat and per_seat an amount, per_unit a unit_amount and a feature, package a unit_amount and a package_size, graduated and volume tiers.',
  };
  constructor(message: string, param: string) {
    super(PriceTermsDoNotFit.facts, message, param);
  }
}

export class TiersOutOfOrder extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'tiers_out_of_order',
    kind: 'invalid',
    explanation: 'Tiers are in ascending order of up_to, and the last one has none.',
  };
  constructor(message: string, param: string) {
    super(TiersOutOfOrder.facts, message, param);
  }
}

export class FeatureNotMetered extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'feature_not_metered',
    kind: 'invalid',
    explanation: 'Only the use of a metered feature is counted, so only that can be charged.',
  };
  constructor(feature: string, param: string) {
    super(
      FeatureNotMetered.facts,
      `The feature ${feature} is not metered: its use is not counted. Name a metered one.`,
      param,
    );
  }
}

export class PriceNotOnStripe extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'price_not_on_stripe',
    kind: 'conflict',
    explanation:
      'Stripe has no package or volume price with included units, so such a price cannot be sold over Stripe. Manual invoices can bill it.',
  };
  constructor(price: string) {
    super(
      PriceNotOnStripe.facts,
      `Stripe cannot charge the price ${price}: it has no package or volume price with included units. Sell it with manual invoices, or publish a version without included units.`,
      'price',
    );
  }
}

export class FeatureGrantedTwice extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'feature_granted_twice',
    kind: 'invalid',
    explanation: 'A plan grants each feature once.',
  };
  constructor(feature: string, param: string) {
    super(FeatureGrantedTwice.facts, `The feature ${feature} is granted twice. Name it once.`, param);
  }
}

export class PriceNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'price_not_found',
    kind: 'not_found',
    explanation: 'The plan has no price with this id.',
  };
  constructor(plan: string, price: string) {
    super(
      PriceNotFound.facts,
      `The plan ${plan} has no price ${price}. GET /api/v1/plans/${plan} shows its prices.`,
      'price',
    );
  }
}

export class PriceNotChosen extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'price_not_chosen',
    kind: 'invalid',
    explanation: 'The plan has several prices: the request must name one.',
  };
  constructor(plan: string) {
    super(PriceNotChosen.facts, `The plan ${plan} has several prices. Name one of them as price.`, 'price');
  }
}

export class PlanHasNoPrice extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'plan_has_no_price',
    kind: 'conflict',
    explanation: 'A plan without a price is not sold. It can be what customers without a subscription have.',
  };
  constructor(plan: string) {
    super(
      PlanHasNoPrice.facts,
      `The plan ${plan} has no price, so there is nothing to subscribe to. Make it the default plan, with PATCH /api/v1/default-plan, to give it to everyone without a subscription.`,
      'plan',
    );
  }
}

export class CreditCostNeedsMeter extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'credit_cost_needs_meter',
    kind: 'invalid',
    explanation:
      'Credits pay for units as they come: only a feature whose meter counts or sums has a credit cost.',
  };
  constructor() {
    super(
      CreditCostNeedsMeter.facts,
      'Only a metered feature whose meter counts or sums has a credit cost.',
      'credit_cost',
    );
  }
}

export class MeterCostsCreditsAlready extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'meter_costs_credits_already',
    kind: 'conflict',
    explanation: 'Another feature of the same meter has a credit cost, and use of a meter is paid for once.',
  };
  constructor() {
    super(
      MeterCostsCreditsAlready.facts,
      'Another feature of this meter has a credit cost. Set that one to null first, or give this feature a meter of its own.',
      'credit_cost',
    );
  }
}
