const formats = new Map<string, Intl.NumberFormat>();

/** An amount in minor units as people read it: 2900 in usd is `$29.00`, 500 in jpy is `¥500`. */
export function money(minorUnits: number, currency: string): string {
  const format = formatOf(currency.toUpperCase());
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(minorUnits / 10 ** digits);
}

function formatOf(currency: string): Intl.NumberFormat {
  const known = formats.get(currency);
  if (known !== undefined) return known;
  const made = new Intl.NumberFormat('en-US', { style: 'currency', currency });
  formats.set(currency, made);
  return made;
}
