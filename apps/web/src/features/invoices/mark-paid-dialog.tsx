'use client';

import { Dialog, DialogContent } from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { useForm } from 'react-hook-form';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import type { Invoice } from '../../api/types.ts';
import { formatMoney } from '../../formatting/money.ts';
import { DialogForm } from '../../forms/dialog-form.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { invoiceName } from './invoice-name.ts';
import { useInvoiceAction } from './use-invoice-action.ts';

type MarkPaidDialogProps = { invoice: Invoice; open: boolean; onClose: () => void };

/** Notes that the money of an invoice came, outside of Stripe. */
export function MarkPaidDialog({ invoice, open, onClose }: MarkPaidDialogProps) {
  return (
    <Dialog open={open} onOpenChange={(next) => (next ? undefined : onClose())}>
      <DialogContent
        title={`Mark ${invoiceName(invoice)} as paid`}
        description={`${formatMoney(invoice.amount_remaining)} came by bank transfer or otherwise.`}
      >
        <MarkPaidForm invoice={invoice} onDone={onClose} />
      </DialogContent>
    </Dialog>
  );
}

type Values = { day: string; reference: string };

function MarkPaidForm({ invoice, onDone }: { invoice: Invoice; onDone: () => void }) {
  const { api } = useEnvironment();
  const form = useForm<Values>({ defaultValues: { day: '', reference: '' } });
  const mark = useInvoiceAction(invoice, {
    act: ({ day, reference }: Values) =>
      unwrap(
        api.client.POST('/api/v1/invoices/{id}/mark-paid', {
          params: { path: { id: invoice.id } },
          body: {
            ...(day === '' ? {} : { paid_at: `${day}T00:00:00Z` }),
            ...(reference.trim() === '' ? {} : { reference: reference.trim() }),
          },
        }),
      ),
    done: () => 'The invoice is paid',
    onDone,
    onError: (error) =>
      placeError(
        error,
        form,
        new Map([
          ['paid_at', 'day'],
          ['reference', 'reference'],
        ] as const),
      ),
  });
  const { errors } = form.formState;
  return (
    <DialogForm form={form} action={mark} pending={mark.isPending} submit="Mark as paid">
      <Field label="The money came on" optional hint="Empty: today." error={errors.day?.message}>
        {(control) => <Input {...control} type="date" {...form.register('day')} />}
      </Field>
      <Field
        label="Reference"
        optional
        hint="Of the transfer, for your books."
        error={errors.reference?.message}
      >
        {(control) => <Input {...control} autoComplete="off" {...form.register('reference')} />}
      </Field>
    </DialogForm>
  );
}
