/** Why a card is refused: Stripe's error code, decline code and sentence. */
export interface Decline {
  code: string;
  decline_code: string;
  message: string;
}

const DECLINED = 'Your card was declined.';

const DECLINES = {
  generic_decline: { code: 'card_declined', decline_code: 'generic_decline', message: DECLINED },
  insufficient_funds: {
    code: 'card_declined',
    decline_code: 'insufficient_funds',
    message: 'Your card has insufficient funds.',
  },
  lost_card: { code: 'card_declined', decline_code: 'lost_card', message: DECLINED },
  stolen_card: { code: 'card_declined', decline_code: 'stolen_card', message: DECLINED },
  fraudulent: { code: 'card_declined', decline_code: 'fraudulent', message: DECLINED },
  card_velocity_exceeded: {
    code: 'card_declined',
    decline_code: 'card_velocity_exceeded',
    message:
      'Your card was declined for making repeated attempts too frequently or exceeding its amount limit.',
  },
  authentication_required: {
    code: 'authentication_required',
    decline_code: 'authentication_required',
    message: 'Your card was declined. This transaction requires authentication.',
  },
  expired_card: { code: 'expired_card', decline_code: 'expired_card', message: 'Your card has expired.' },
  incorrect_cvc: {
    code: 'incorrect_cvc',
    decline_code: 'incorrect_cvc',
    message: "Your card's security code is incorrect.",
  },
  processing_error: {
    code: 'processing_error',
    decline_code: 'processing_error',
    message: 'An error occurred while processing your card. Try again in a little bit.',
  },
  test_mode_live_card: {
    code: 'card_declined',
    decline_code: 'test_mode_live_card',
    message: 'Your card was declined. Your request was in test mode, but used a non test card.',
  },
} as const satisfies Record<string, Decline>;

/** When a card asks its holder to authenticate. */
type Authentication = 'never' | 'always' | 'unless_set_up' | 'on_session';

/** What a bank does with a debit: it decides later, and may send it back. */
export interface Debit {
  /** `Infinity`: never. */
  after_seconds: number;
  failure: Decline | null;
}

/** A published test card or bank account, and what becomes of a payment with it. */
export interface TestCard {
  kind: 'card' | 'sepa_debit' | 'us_bank_account';
  number: string;
  /** Names of ready-made payment methods, `pm_card_…`. */
  tokens: string[];
  brand: string;
  funding: 'credit' | 'debit' | 'prepaid';
  country: string;
  /** Attaching the card to a customer, or setting it up, is refused. */
  attach: Decline | null;
  /** A payment is refused, once authentication passed where it is asked for. */
  charge: Decline | null;
  authentication: Authentication;
  /** Why the holder disputes a payment as soon as it was made. */
  dispute: 'fraudulent' | 'inquiry' | 'product_not_received' | null;
  /** A refund is decided later, and may fail then. */
  refund: 'failed' | 'pending' | null;
  /** A payment is decided later. Null for a card, which answers at once. */
  debit: Debit | null;
}

function card(number: string, brand: string, tokens: string[], own: Partial<TestCard> = {}): TestCard {
  return {
    kind: 'card',
    number,
    brand,
    tokens,
    funding: 'credit',
    country: 'US',
    attach: null,
    charge: null,
    authentication: 'never',
    dispute: null,
    refund: null,
    debit: null,
    ...own,
  };
}

/** A card that can neither be attached nor charged. */
function refused(number: string, reason: keyof typeof DECLINES, ...tokens: string[]): TestCard {
  return card(number, 'visa', tokens, { attach: DECLINES[reason], charge: DECLINES[reason] });
}

/** Stripe's published test cards (docs.stripe.com/testing), as far as billing needs them. */
export const TEST_CARDS: readonly TestCard[] = [
  card('4242424242424242', 'visa', ['pm_card_visa']),
  card('4000056655665556', 'visa', ['pm_card_visa_debit'], { funding: 'debit' }),
  card('5555555555554444', 'mastercard', ['pm_card_mastercard']),
  card('2223003122003222', 'mastercard', []),
  card('5200828282828210', 'mastercard', ['pm_card_mastercard_debit'], { funding: 'debit' }),
  card('5105105105105100', 'mastercard', ['pm_card_mastercard_prepaid'], { funding: 'prepaid' }),
  card('378282246310005', 'amex', ['pm_card_amex']),
  card('371449635398431', 'amex', []),
  card('6011111111111117', 'discover', ['pm_card_discover']),
  card('3056930009020004', 'diners', ['pm_card_diners']),
  card('3566002020360505', 'jcb', ['pm_card_jcb']),
  card('6200000000000005', 'unionpay', ['pm_card_unionpay']),
  card('4000008260000000', 'visa', ['pm_card_gb'], { country: 'GB' }),
  card('4000002760000016', 'visa', ['pm_card_de'], { country: 'DE' }),
  card('4000003560000008', 'visa', ['pm_card_in'], { country: 'IN' }),
  refused('4000000000000002', 'generic_decline', 'pm_card_visa_chargeDeclined', 'pm_card_chargeDeclined'),
  refused(
    '4000000000009995',
    'insufficient_funds',
    'pm_card_visa_chargeDeclinedInsufficientFunds',
    'pm_card_chargeDeclinedInsufficientFunds',
  ),
  refused('4000000000009987', 'lost_card', 'pm_card_visa_chargeDeclinedLostCard'),
  refused('4000000000009979', 'stolen_card', 'pm_card_visa_chargeDeclinedStolenCard'),
  refused('4000000000006975', 'card_velocity_exceeded', 'pm_card_visa_chargeDeclinedVelocityLimitExceeded'),
  refused('4000000000000069', 'expired_card', 'pm_card_chargeDeclinedExpiredCard'),
  refused('4000000000000127', 'incorrect_cvc', 'pm_card_chargeDeclinedIncorrectCvc'),
  refused('4000000000000119', 'processing_error', 'pm_card_chargeDeclinedProcessingError'),
  refused('4100000000000019', 'fraudulent', 'pm_card_radarBlock'),
  card('4000000000000341', 'visa', ['pm_card_chargeCustomerFail'], { charge: DECLINES.generic_decline }),
  card('4000002500003155', 'visa', ['pm_card_authenticationRequiredOnSetup'], {
    authentication: 'unless_set_up',
  }),
  card('4000002760003184', 'visa', ['pm_card_authenticationRequired'], { authentication: 'always' }),
  card('4000003800000446', 'visa', ['pm_card_authenticationRequiredSetupForOffSession'], {
    authentication: 'on_session',
  }),
  card('4000008260003178', 'visa', ['pm_card_authenticationRequiredChargeDeclinedInsufficientFunds'], {
    authentication: 'always',
    charge: DECLINES.insufficient_funds,
  }),
  card('4000000000000259', 'visa', ['pm_card_createDispute'], { dispute: 'fraudulent' }),
  card('4000000000002685', 'visa', ['pm_card_createDisputeProductNotReceived'], {
    dispute: 'product_not_received',
  }),
  card('4000000000001976', 'visa', ['pm_card_createDisputeInquiry'], { dispute: 'inquiry' }),
  card('4000000000007726', 'visa', ['pm_card_pendingRefund'], { refund: 'pending' }),
  card('4000000000005126', 'visa', ['pm_card_refundFail'], { refund: 'failed' }),
  card('4000000000003220', 'visa', ['pm_card_threeDSecure2Required'], { authentication: 'always' }),
  card('4000008400001629', 'visa', ['pm_card_threeDSecureRequiredChargeDeclined'], {
    authentication: 'always',
    charge: DECLINES.generic_decline,
  }),
];

/** The card behind a ready-made payment method such as `pm_card_visa`. */
export function cardByToken(token: string): TestCard | undefined {
  return TEST_CARDS.find(({ tokens }) => tokens.includes(token));
}

export function cardByNumber(number: string): TestCard | undefined {
  return TEST_CARDS.find((candidate) => candidate.number === number);
}

/** Whether the last digit checks the others, so that a mistyped number is told from a foreign one. */
export function passesLuhn(number: string): boolean {
  const sum = [...number].reverse().reduce((total, digit, index) => {
    const doubled = Number(digit) * (index % 2 === 1 ? 2 : 1);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return /^\d{12,19}$/.test(number) && sum % 10 === 0;
}

/** What a payment meets: whether the holder is present, set the card up before, just authenticated. */
export interface Situation {
  offSession: boolean;
  setUp: boolean;
  authenticated: boolean;
}

export type Outcome =
  { kind: 'succeeded' } | { kind: 'requires_action' } | { kind: 'declined'; decline: Decline };

/** What becomes of a payment with this card. */
export function paymentOutcome(testCard: TestCard, situation: Situation): Outcome {
  if (!situation.authenticated && asksToAuthenticate(testCard.authentication, situation)) {
    return situation.offSession
      ? { kind: 'declined', decline: DECLINES.authentication_required }
      : { kind: 'requires_action' };
  }
  return testCard.charge === null ? { kind: 'succeeded' } : { kind: 'declined', decline: testCard.charge };
}

function asksToAuthenticate(authentication: Authentication, { offSession, setUp }: Situation): boolean {
  switch (authentication) {
    case 'never':
      return false;
    case 'always':
      return true;
    case 'unless_set_up':
      return !setUp;
    case 'on_session':
      return !offSession;
  }
}

/** Why this number cannot be a card here, or undefined when it can. */
export function numberRefusal(number: string): Decline | undefined {
  if (!passesLuhn(number)) {
    return {
      code: 'incorrect_number',
      decline_code: 'incorrect_number',
      message: 'Your card number is incorrect.',
    };
  }
  return cardByNumber(number) === undefined ? DECLINES.test_mode_live_card : undefined;
}
