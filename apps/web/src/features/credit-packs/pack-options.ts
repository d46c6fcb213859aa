import type { CreditPack } from '../../api/types.ts';
import { formatMoney } from '../../formatting/money.ts';
import { formatExact } from '../../formatting/numbers.ts';

/** Packs to choose from: "500 credits" with "500 credits for $39" beneath. */
export function packOptions(packs: readonly CreditPack[]): { value: string; label: string; hint: string }[] {
  return packs.map(({ id, name, credits, price }) => ({
    value: id,
    label: name,
    hint: `${formatExact(credits)} credits for ${formatMoney(price)}`,
  }));
}
