/**
 * Reasons of a bank that the same card will not outlive: trying again is useless, and the networks count it. See "Stripe
 * decline codes", https://docs.stripe.com/declines/codes. All others, `insufficient_funds` for one, may pass.
 */
const finalReasons: ReadonlySet<string> = new Set([
  'card_not_supported',
  'currency_not_supported',
  'do_not_try_again',
  'expired_card',
  'fraudulent',
  'highest_risk_level',
  'incorrect_number',
  'invalid_account',
  'lost_card',
  'new_account_information_available',
  'no_payment_method',
  'pickup_card',
  'restricted_card',
  'revocation_of_all_authorizations',
  'revocation_of_authorization',
  'security_violation',
  'stolen_card',
  'stop_payment_order',
  'transaction_not_allowed',
]);

/** Whether a decline is final: `lost_card` is, `insufficient_funds` is not. */
export function isFinalDecline(code: string): boolean {
  return finalReasons.has(code);
}

/** Whether the holder of the card has to do something before it pays: confirm it with the bank. */
export function needsHolder(code: string): boolean {
  return code === 'authentication_required' || code === 'invoice_payment_intent_requires_action';
}
