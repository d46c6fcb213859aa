import type { Decline, TestCard } from './test-cards.ts';

/** How long the bank of a test account takes; the delayed ones of SEPA take three minutes, as Stripe's. */
const SOON_SECONDS = 60;
const DELAYED_SECONDS = 180;

const FAILURES = {
  account_closed: "The customer's bank account has been closed.",
  debit_not_authorized: 'The customer has notified their bank that this payment was unauthorized.',
  insufficient_funds: "The customer's account has insufficient funds to cover this payment.",
  no_account: "The customer's bank account could not be located.",
  payment_limit_exceeded: 'The payment exceeds the account’s weekly limit.',
} as const;

function bank(
  kind: 'sepa_debit' | 'us_bank_account',
  number: string,
  token: string,
  own: { fails?: keyof typeof FAILURES; after?: number; dispute?: TestCard['dispute'] } = {},
): TestCard {
  const decline: Decline | null =
    own.fails === undefined
      ? null
      : { code: own.fails, decline_code: own.fails, message: FAILURES[own.fails] };
  return {
    kind,
    number,
    tokens: [token],
    brand: kind === 'sepa_debit' ? 'SEPA' : 'STRIPE TEST BANK',
    funding: 'debit',
    country: kind === 'sepa_debit' ? number.slice(0, 2) : 'US',
    attach: null,
    charge: null,
    authentication: 'never',
    dispute: own.dispute ?? null,
    refund: null,
    debit: { after_seconds: own.after ?? SOON_SECONDS, failure: decline },
  };
}

/** Stripe's published test accounts (docs.stripe.com/payments/ach-direct-debit and /sepa-debit). */
const TEST_BANKS: readonly TestCard[] = [
  bank('us_bank_account', '000123456789', 'pm_usBankAccount_success'),
  bank('us_bank_account', '000111111113', 'pm_usBankAccount_accountClosed', { fails: 'account_closed' }),
  bank('us_bank_account', '000111111116', 'pm_usBankAccount_noAccount', { fails: 'no_account' }),
  bank('us_bank_account', '000222222227', 'pm_usBankAccount_insufficientFunds', {
    fails: 'insufficient_funds',
  }),
  bank('us_bank_account', '000333333335', 'pm_usBankAccount_debitNotAuthorized', {
    fails: 'debit_not_authorized',
  }),
  bank('us_bank_account', '000777777771', 'pm_usBankAccount_weeklyLimitExceeded', {
    fails: 'payment_limit_exceeded',
  }),
  bank('us_bank_account', '000555555559', 'pm_usBankAccount_dispute', { dispute: 'fraudulent' }),
  bank('us_bank_account', '000000000009', 'pm_usBankAccount_processing', { after: Infinity }),
  bank('sepa_debit', 'DE89370400440532013000', 'pm_success_de'),
  bank('sepa_debit', 'DE08370400440532013003', 'pm_successDelayed_de', { after: DELAYED_SECONDS }),
  bank('sepa_debit', 'DE62370400440532013001', 'pm_failed_de', { fails: 'insufficient_funds' }),
  bank('sepa_debit', 'DE78370400440532013004', 'pm_failedDelayed_de', {
    fails: 'insufficient_funds',
    after: DELAYED_SECONDS,
  }),
  bank('sepa_debit', 'DE35370400440532013002', 'pm_disputed_de', { dispute: 'fraudulent' }),
  bank('sepa_debit', 'AT611904300234573201', 'pm_success_at'),
  bank('sepa_debit', 'AT321904300235473204', 'pm_successDelayed_at', { after: DELAYED_SECONDS }),
  bank('sepa_debit', 'AT861904300235473202', 'pm_failed_at', { fails: 'insufficient_funds' }),
];

/** The account behind a ready-made payment method such as `pm_usBankAccount_success`. */
export function bankByToken(token: string): TestCard | undefined {
  return TEST_BANKS.find(({ tokens }) => tokens.includes(token));
}

/** The account of a number or an IBAN, written with or without spaces. */
export function bankByNumber(number: string): TestCard | undefined {
  const plain = number.replaceAll(/\s/g, '').toUpperCase();
  return TEST_BANKS.find((candidate) => candidate.number === plain);
}
