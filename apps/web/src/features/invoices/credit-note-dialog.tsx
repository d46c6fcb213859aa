'use client';

import { Dialog, DialogContent } from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Select } from '@billingos/ui/components/select';
import { Controller, useForm } from 'react-hook-form';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import type { Invoice, NewCreditNote } from '../../api/types.ts';
import { formatMoney, parseMoney } from '../../formatting/money.ts';
import { DialogForm } from '../../forms/dialog-form.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { invoiceName } from './invoice-name.ts';
import { useInvoiceAction } from './use-invoice-action.ts';

const ways = [
  { value: 'credit', label: 'Credit for later invoices' },
  { value: 'refund', label: 'Back to the card' },
  { value: 'out_of_band', label: 'Given back in another way' },
] as const;

type CreditNoteDialogProps = { invoice: Invoice; open: boolean; onClose: () => void };

/** Takes back some of an invoice, as an entry of its own: what was issued is never changed. */
export function CreditNoteDialog({ invoice, open, onClose }: CreditNoteDialogProps) {
  return (
    <Dialog open={open} onOpenChange={(next) => (next ? undefined : onClose())}>
      <DialogContent
        title={`Credit note for ${invoiceName(invoice)}`}
        description={
          invoice.status === 'open' ? 'Less of the invoice is due.' : 'Takes back some of what was paid.'
        }
      >
        <CreditNoteForm invoice={invoice} onDone={onClose} />
      </DialogContent>
    </Dialog>
  );
}

type Values = { amount: string; way: string; memo: string };

function CreditNoteForm({ invoice, onDone }: { invoice: Invoice; onDone: () => void }) {
  const { api } = useEnvironment();
  const { currency } = invoice;
  // What a customer paid outside of Stripe goes back outside of Stripe: there is nothing to choose.
  const chooses = invoice.status === 'paid' && invoice.provider === 'stripe';
  const form = useForm<Values>({ defaultValues: { amount: '', way: 'credit', memo: '' } });
  const issue = useInvoiceAction(invoice, {
    act: (values: Values) =>
      unwrap(
        api.client.POST('/api/v1/invoices/{id}/credit-notes', {
          params: { path: { id: invoice.id } },
          body: noteOf(values, parseMoney(values.amount, currency) ?? 0, chooses),
        }),
      ),
    done: ({ amount }) => `Credited ${formatMoney(amount)}`,
    onDone,
    onError: (error) => placeError(error, form, ['amount', 'memo']),
  });
  const { errors } = form.formState;
  return (
    <DialogForm form={form} action={issue} pending={issue.isPending} submit="Issue credit note">
      <Field label={`Amount in ${currency.toUpperCase()}`} error={errors.amount?.message}>
        {(control) => (
          <Input
            {...control}
            inputMode="decimal"
            autoComplete="off"
            {...form.register('amount', {
              validate: (typed) => (parseMoney(typed, currency) ?? 0) > 0 || 'Write an amount such as 9.90.',
            })}
          />
        )}
      </Field>
      {chooses ? (
        <Controller
          control={form.control}
          name="way"
          render={({ field }) => (
            <Field label="What becomes of it">
              {(control) => (
                <Select
                  {...control}
                  value={field.value}
                  options={
                    invoice.provider === 'stripe' ? ways : ways.filter((way) => way.value !== 'refund')
                  }
                  onValueChange={field.onChange}
                />
              )}
            </Field>
          )}
        />
      ) : null}
      <Field label="Note" optional hint="The customer reads it." error={errors.memo?.message}>
        {(control) => <Input {...control} autoComplete="off" {...form.register('memo')} />}
      </Field>
    </DialogForm>
  );
}

function noteOf({ way, memo }: Values, amount: number, chooses: boolean): NewCreditNote {
  return {
    amount,
    ...(memo.trim() === '' ? {} : { memo: memo.trim() }),
    ...(chooses && way === 'credit' ? { credit_amount: amount } : {}),
    ...(chooses && way === 'refund' ? { refund_amount: amount } : {}),
    ...(chooses && way === 'out_of_band' ? { out_of_band_amount: amount } : {}),
  };
}
