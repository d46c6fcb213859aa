import { formatNumber } from '../../formatting/numbers.ts';

const percent = new Intl.NumberFormat('en-US', { style: 'percent', maximumFractionDigits: 2 });

/** "0.51%"; what is more than nothing is not said to be 0%. */
export function formatShare(share: number): string {
  if (share > 0 && share < 0.00005) return '<0.01%';
  return percent.format(share);
}

/** "48 ms", "1.6 s"; a dash when nothing was measured. */
export function formatMs(ms: number | null): string {
  if (ms === null) return '–';
  return ms < 1_000 ? `${formatNumber(Math.round(ms))} ms` : `${formatNumber(Math.round(ms / 100) / 10)} s`;
}
