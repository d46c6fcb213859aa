'use client';

import { ConfirmDialog } from '@billingos/ui/components/confirm-dialog';
import { Notice } from '@billingos/ui/components/notice';
import { describeError } from '../api/errors.ts';

type ConfirmActionProps = {
  title: string;
  description: string;
  /** Names the deed: "Revoke key". */
  confirmLabel: string;
  /** What is done: a mutation that takes nothing. */
  action: { mutate: () => void; isPending: boolean; error: Error | null };
  onClose: () => void;
};

/** Asks before something that takes away, does it, and says why it was refused. */
export function ConfirmAction({ action, onClose, ...words }: ConfirmActionProps) {
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      {...words}
      danger
      pending={action.isPending}
      onConfirm={() => action.mutate()}
    >
      {action.error === null ? null : <Notice tone="danger">{describeError(action.error).message}</Notice>}
    </ConfirmDialog>
  );
}
