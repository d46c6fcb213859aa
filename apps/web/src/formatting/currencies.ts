const offered = ['usd', 'eur', 'gbp', 'inr', 'jpy', 'chf', 'cad', 'aud', 'sek', 'brl'];

/** The currencies to choose from: the usual ones, and the one that was chosen already. */
export function currencyOptions(chosen: string): { value: string; label: string }[] {
  const codes = offered.includes(chosen) ? offered : [...offered, chosen];
  return codes.map((code) => ({ value: code, label: code.toUpperCase() }));
}
