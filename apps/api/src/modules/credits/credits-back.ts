import Big from 'big.js';

/**
 * How many credits go back with the money: of 100 for 10.00, 25 when 2.50 went back; all when all of it did. What is used
 * already stays used, so that fewer may be there to take.
 */
export function creditsBack(bought: { credits: string; amount: number; amount_back: number }): string {
  const { credits, amount, amount_back: back } = bought;
  return back >= amount
    ? credits
    : new Big(credits).times(back).div(amount).round(12, Big.roundDown).toFixed();
}
