/**
 * Decimals of the minor unit where it has not two. Amounts are charged, so Stripe's count, and ISO 4217's where Stripe has no
 * such currency. "Supported currencies", https://docs.stripe.com/currencies: zero-decimal currencies (MGA among them, which
 * has two in ISO 4217), three-decimal currencies, and as special cases ISK and UGX, which have no decimals any more but are
 * still sent with two, and HUF and TWD, which have two in a charge though payouts are whole.
 *
 * The runtime's `Intl` is no source: it knows how many decimals are commonly written, which are none in HUF, IDR and COP.
 */
const decimalsOf = new Map<string, number>([
  ...'bif clp djf gnf jpy kmf krw mga pyg rwf uyi vnd vuv xaf xof xpf'
    .split(' ')
    .map((code) => [code, 0] as const),
  ...'bhd iqd jod kwd lyd omr tnd'.split(' ').map((code) => [code, 3] as const),
  ...'clf uyw'.split(' ').map((code) => [code, 4] as const),
]);

/** Decimals that nobody pays: a charge in them is a multiple of 100 minor units. */
const wholeOnly = new Set(['isk', 'ugx']);

/**
 * How many decimals the minor unit of a currency has, as amounts are charged: `usd` 2, `jpy` 0, `kwd` 3. Throws a
 * `RangeError` for what is not a three-letter code.
 */
export function currencyExponent(currency: string): number {
  if (!/^[a-z]{3}$/i.test(currency)) {
    throw new RangeError(`A currency is a three-letter code, not ${JSON.stringify(currency)}.`);
  }
  return decimalsOf.get(currency.toLowerCase()) ?? 2;
}

/**
 * The smallest step, in minor units, in which a card can be charged: 1 `usd` cent; 10 `kwd` fils, since the last of three
 * decimals must be 0; 100 in `isk`, since its two decimals must be. Amounts are not rounded to it: a manual invoice is
 * paid by other means.
 */
export function chargeStep(currency: string): number {
  if (wholeOnly.has(currency.toLowerCase())) {
    return 100;
  }
  return currencyExponent(currency) === 3 ? 10 : 1;
}

/** Decimals that people write: none in `isk`, though its minor unit has two. Throws like `currencyExponent`. */
export function writtenDecimals(currency: string): number {
  return wholeOnly.has(currency.toLowerCase()) ? 0 : currencyExponent(currency);
}
