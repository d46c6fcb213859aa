import { Button } from '@billingos/ui/components/button';
import { Notice } from '@billingos/ui/components/notice';

type ConfirmNoticeProps = { message: string | null; confirm_url: string | null };

/** The bank wants a payment confirmed, on a page of its own. */
export function ConfirmNotice({ message, confirm_url }: ConfirmNoticeProps) {
  return (
    <Notice tone="warning" className="grid gap-2">
      {message ?? 'Your bank wants you to confirm this payment.'}
      {confirm_url === null ? null : (
        <Button asChild className="justify-self-start">
          <a href={confirm_url} rel="noreferrer">
            Confirm with your bank
          </a>
        </Button>
      )}
    </Notice>
  );
}
