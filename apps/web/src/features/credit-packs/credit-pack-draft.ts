import type { NewCreditPack } from '../../api/types.ts';
import { parseMoney } from '../../formatting/money.ts';
import { parseCount, parseQuantity } from '../../formatting/numbers.ts';

/** A pack as it is typed. */
export type CreditPackDraft = {
  name: string;
  key: string;
  credits: string;
  amount: string;
  currency: string;
  expires_after_days: string;
};

export const emptyCreditPack: CreditPackDraft = {
  name: '',
  key: '',
  credits: '',
  amount: '',
  currency: 'usd',
  expires_after_days: '',
};

/** Up to ten years; undefined for anything else. */
export function parseDays(typed: string): number | undefined {
  const days = parseCount(typed);
  return days !== undefined && days >= 1 && days <= 3650 ? days : undefined;
}

/** The request of a draft whose fields are valid. */
export function creditPackOf(draft: CreditPackDraft): NewCreditPack {
  const days = parseDays(draft.expires_after_days);
  return {
    name: draft.name.trim(),
    key: draft.key.trim(),
    credits: parseQuantity(draft.credits) ?? 0,
    amount: parseMoney(draft.amount, draft.currency) ?? 0,
    currency: draft.currency,
    ...(days === undefined ? {} : { expires_after_days: days }),
  };
}
