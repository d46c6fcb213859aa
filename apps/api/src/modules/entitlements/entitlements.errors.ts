import { AppError, type ErrorFacts } from '../../platform/errors.ts';

export class FeatureNotMetered extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'feature_not_metered',
    kind: 'invalid',
    explanation:
      'The feature is on or off, or a setting: there are no units of it to take. Check it instead.',
  };
  constructor(feature: string) {
    super(
      FeatureNotMetered.facts,
      `${feature} has no units to take. GET /api/v1/entitlements/check answers whether it is on.`,
      'feature',
    );
  }
}

export class MeterNotSummed extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'meter_not_summed',
    kind: 'invalid',
    explanation:
      'Units can be taken of a feature whose meter sums the values of all events; of one that counts all of them, one at a time; of others, none.',
  };
  constructor(feature: string) {
    super(
      MeterNotSummed.facts,
      `The meter of ${feature} does not sum what is taken. Take one at a time of a meter that counts, or use a meter that sums, without filters or a property.`,
      'quantity',
    );
  }
}

export class ReservationNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'reservation_not_found',
    kind: 'not_found',
    explanation: 'No reservation of this environment has this id.',
  };
  constructor(id: string) {
    super(ReservationNotFound.facts, `There is no reservation ${id} in this environment.`, 'id');
  }
}

export class ReservationSettled extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'reservation_settled',
    kind: 'conflict',
    explanation:
      'The reservation was confirmed with another quantity, released, or its time is over. It holds nothing any more.',
  };
  constructor(id: string) {
    super(
      ReservationSettled.facts,
      `${id} was settled otherwise, or its time is over. Consume instead, or reserve again.`,
    );
  }
}

export class ReservationTooSmall extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'reservation_too_small',
    kind: 'invalid',
    explanation: 'More was to be confirmed than the reservation holds. Nothing was confirmed.',
  };
  constructor(id: string) {
    super(
      ReservationTooSmall.facts,
      `${id} holds less than that. Confirm what it holds, and consume the rest.`,
      'quantity',
    );
  }
}

export class TooManyStreams extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'too_many_streams',
    kind: 'rate_limited',
    explanation:
      'The key has as many streams open as it may. Open one for each process, not for each request, and close it when the process ends.',
  };
  constructor(max: number) {
    super(
      TooManyStreams.facts,
      `This key has ${max} streams open already. Keep one for each process, or use another key.`,
    );
  }
}

export class OverrideNotFound extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'entitlement_override_not_found',
    kind: 'not_found',
    explanation: 'The customer has no override with this id, or it was removed.',
  };
  constructor(id: string) {
    super(
      OverrideNotFound.facts,
      `The customer has no override ${id}. GET /api/v1/customers/:id/entitlement-overrides lists them.`,
      'override_id',
    );
  }
}

export class ExpiryNotAhead extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'expiry_not_ahead',
    kind: 'invalid',
    explanation: 'What is to expire, an override or a key, does so at a time to come.',
  };
  constructor() {
    super(
      ExpiryNotAhead.facts,
      'expires_at has passed already. Give a time to come, or leave it out.',
      'expires_at',
    );
  }
}
