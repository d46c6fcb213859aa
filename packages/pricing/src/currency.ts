/**
 * How many decimals the minor unit of a currency has: `usd` 2, `jpy` 0, `kwd` 3. ISO 4217, as the runtime knows it
 * (ECMA-402, `Intl.NumberFormat`). Throws a `RangeError` for what is not a three-letter code.
 */
export function currencyExponent(currency: string): number {
  const { maximumFractionDigits } = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
  }).resolvedOptions();
  return maximumFractionDigits ?? 2;
}
