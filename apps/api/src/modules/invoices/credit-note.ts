/** What goes back of a paid invoice, and how. Integer minor units. */
export interface Given {
  credit_amount?: number | undefined;
  refund_amount?: number | undefined;
  out_of_band_amount?: number | undefined;
}

interface CreditedLine {
  /** Taken back of the line, before its discounts. */
  amount: number;
  line: { amount: number; discount_amount: number };
}

/**
 * What a credit note over lines comes to: of each line's discount the same share goes, rounded half away from zero. Of a
 * line of 1,000 with 100 off, 500 taken back are 450.
 */
export function creditedAmount(lines: CreditedLine[]): number {
  return lines.reduce(
    (sum, { amount, line }) => sum + amount - share(line.discount_amount, amount, line.amount),
    0,
  );
}

/** `whole × part ÷ of`, exact until it is rounded. */
function share(whole: number, part: number, of: number): number {
  if (whole === 0 || of === 0) {
    return 0;
  }
  const doubled = 2n * BigInt(whole) * BigInt(part);
  const divisor = BigInt(of);
  const isNegative = doubled < 0n !== divisor < 0n;
  const rounded = (magnitude(doubled) + magnitude(divisor)) / (2n * magnitude(divisor));
  return Number(isNegative ? -rounded : rounded);
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** How all of `amount` goes back: what nobody said becomes credit. Undefined when more was named than there is. */
export function allGiven(amount: number, given: Given): Required<Record<keyof Given, number>> | undefined {
  const { credit_amount: credit, refund_amount: refund = 0, out_of_band_amount: outOfBand = 0 } = given;
  const rest = amount - refund - outOfBand;
  const isExact = credit === undefined ? rest >= 0 : credit === rest;
  return isExact ? { credit_amount: rest, refund_amount: refund, out_of_band_amount: outOfBand } : undefined;
}
