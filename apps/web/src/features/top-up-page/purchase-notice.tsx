import { Notice } from '@billingos/ui/components/notice';
import { CircleCheck } from 'lucide-react';
import { formatMoney } from '../../formatting/money.ts';
import { formatExact } from '../../formatting/numbers.ts';
import { ConfirmNotice } from '../customer-links/confirm-notice.tsx';
import type { TopUpPurchase } from '../customer-links/customer-api.ts';

/** How the purchase of this visit stands. */
export function PurchaseNotice({ purchase }: { purchase: TopUpPurchase }) {
  const { state, message, credits, amount, confirm_url } = purchase;
  switch (state) {
    case 'paid':
      return (
        <Notice tone="success" className="flex items-center gap-2">
          <CircleCheck aria-hidden className="size-4 shrink-0" />
          {formatExact(credits)} credits are yours, for {formatMoney(amount)}. Thank you.
        </Notice>
      );
    case 'failed':
      return <Notice tone="danger">{message ?? 'Your bank declined the card. Try another one.'}</Notice>;
    case 'confirm':
      return <ConfirmNotice message={message} confirm_url={confirm_url} />;
    case 'under_way':
      return <Notice>{message ?? 'Your bank has not answered yet. Please do not pay twice.'}</Notice>;
  }
}
