const plain = new Intl.NumberFormat('en-US');
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

/** "12,345" */
export function formatNumber(value: number): string {
  return plain.format(value);
}

/** "12.3K", for an axis */
export function formatCompact(value: number): string {
  return compact.format(value);
}
