'use client';

import { ConfirmDialog } from '@billingos/ui/components/confirm-dialog';
import { Notice } from '@billingos/ui/components/notice';
import { useState } from 'react';
import { unwrap } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import type { Invoice } from '../../api/types.ts';
import { formatMoney } from '../../formatting/money.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { invoiceName } from './invoice-name.ts';
import { useInvoiceAction } from './use-invoice-action.ts';

type CloseInvoiceDialogProps = {
  invoice: Invoice;
  as: 'void' | 'uncollectible';
  open: boolean;
  onClose: () => void;
};

const words = {
  void: {
    title: 'Void',
    description: 'It was wrong: nothing of it is owed any more. Credit that it used is the customer’s again.',
    confirm: 'Void the invoice',
    done: 'The invoice is void',
  },
  uncollectible: {
    title: 'Give up',
    description: 'It was right, but nobody will pay it. It is not tried again.',
    confirm: 'Give it up',
    done: 'The invoice is given up',
  },
} as const;

/** Ends an open invoice for good, without money. */
export function CloseInvoiceDialog({ invoice, as, open, onClose }: CloseInvoiceDialogProps) {
  const { api } = useEnvironment();
  const [refusal, setRefusal] = useState<string | null>(null);
  const { title, description, confirm, done } = words[as];
  const close = useInvoiceAction(invoice, {
    act: () => {
      const path = { params: { path: { id: invoice.id } } };
      return unwrap(
        as === 'void'
          ? api.client.POST('/api/v1/invoices/{id}/void', path)
          : api.client.POST('/api/v1/invoices/{id}/mark-uncollectible', path),
      );
    },
    done: () => done,
    onDone: onClose,
    onError: (error) => setRefusal(describeError(error).message),
  });
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={(next) => {
        setRefusal(null);
        if (!next) onClose();
      }}
      title={`${title} ${invoiceName(invoice)} of ${formatMoney(invoice.total)}?`}
      description={`${description} This cannot be undone.`}
      confirmLabel={confirm}
      danger
      pending={close.isPending}
      onConfirm={() => close.mutate(undefined)}
    >
      {refusal ? <Notice tone="danger">{refusal}</Notice> : null}
    </ConfirmDialog>
  );
}
