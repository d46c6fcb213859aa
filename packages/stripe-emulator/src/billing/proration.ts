/** A stretch of time in seconds; `end` is not part of it. */
export interface Span {
  start: number;
  end: number;
}

/**
 * The part of `amount` (whole minor units, of either sign) that falls to what is left of a period at
 * `from`, by the second, rounded half away from zero: 2000 for 30 days leave 1000 after 15 of them.
 */
export function prorated(amount: number, { start, end }: Span, from: number): number {
  const at = Math.min(Math.max(from, start), end);
  return end <= start ? amount : share(amount, end - at, end - start);
}

/** `amount × part / whole`, exact, rounded once half away from zero. All are whole numbers. */
export function share(amount: number, part: number, whole: number): number {
  const product = BigInt(amount) * BigInt(part) * 2n;
  const divisor = BigInt(whole);
  const sign = product < 0n ? -1n : 1n;
  return Number(sign * ((product * sign + divisor) / (divisor * 2n)));
}
