'use client';

import { Dialog, DialogContent } from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Select } from '@billingos/ui/components/select';
import { Switch } from '@billingos/ui/components/switch';
import { majorUnits } from '@billingos/pricing/money';
import { Controller, useForm } from 'react-hook-form';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import type { Invoice } from '../../api/types.ts';
import { formatMoney, parseMoney } from '../../formatting/money.ts';
import { DialogForm } from '../../forms/dialog-form.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { invoiceName } from './invoice-name.ts';
import { useInvoiceAction } from './use-invoice-action.ts';

const unsaid = 'none';
const reasons = [
  { value: unsaid, label: 'None' },
  { value: 'requested_by_customer', label: 'The customer asked for it' },
  { value: 'duplicate', label: 'Charged twice' },
  { value: 'fraudulent', label: 'Fraud' },
] as const;
type Reason = Exclude<(typeof reasons)[number]['value'], typeof unsaid>;

type RefundDialogProps = { invoice: Invoice; open: boolean; onClose: () => void };

/** Gives back what a card paid, all of it or an amount. */
export function RefundDialog({ invoice, open, onClose }: RefundDialogProps) {
  return (
    <Dialog open={open} onOpenChange={(next) => (next ? undefined : onClose())}>
      <DialogContent
        title={`Refund ${invoiceName(invoice)}`}
        description="It goes back to the card, usually within ten days."
      >
        <RefundForm invoice={invoice} onDone={onClose} />
      </DialogContent>
    </Dialog>
  );
}

type Values = { amount: string; reason: string; cancel_subscription: boolean };

function RefundForm({ invoice, onDone }: { invoice: Invoice; onDone: () => void }) {
  const { api, can } = useEnvironment();
  const { currency } = invoice;
  const left = invoice.amount_paid.amount - invoice.amount_refunded.amount;
  const form = useForm<Values>({
    defaultValues: { amount: majorUnits(left, currency), reason: unsaid, cancel_subscription: false },
  });
  const refund = useInvoiceAction(invoice, {
    act: ({ amount, reason, cancel_subscription }: Values) => {
      const minor = parseMoney(amount, currency);
      const said = reasonOf(reason);
      return unwrap(
        api.client.POST('/api/v1/invoices/{id}/refund', {
          params: { path: { id: invoice.id } },
          body: {
            ...(minor === undefined ? {} : { amount: minor }),
            ...(said ? { reason: said } : {}),
            cancel_subscription,
          },
        }),
      );
    },
    done: ({ amount, status }) =>
      status === 'succeeded'
        ? `Refunded ${formatMoney(amount)}`
        : `A refund of ${formatMoney(amount)} is under way`,
    onDone,
    onError: (error) => placeError(error, form, ['amount', 'reason']),
  });
  const { errors } = form.formState;
  return (
    <DialogForm form={form} action={refund} pending={refund.isPending} submit="Refund">
      <Field
        label={`Amount in ${currency.toUpperCase()}`}
        hint={`Up to ${formatMoney({ amount: left, currency })}.`}
        error={errors.amount?.message}
      >
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
      <Controller
        control={form.control}
        name="reason"
        render={({ field }) => (
          <Field label="Reason" optional error={errors.reason?.message}>
            {(control) => (
              <Select {...control} value={field.value} options={reasons} onValueChange={field.onChange} />
            )}
          </Field>
        )}
      />
      {invoice.subscription && can('subscriptions:write') ? (
        <Controller
          control={form.control}
          name="cancel_subscription"
          render={({ field }) => (
            <label className="flex items-center justify-between gap-4 text-sm">
              <span className="grid">
                <span className="font-medium">Also cancel the subscription now</span>
                <span className="text-muted">A refund alone ends no access.</span>
              </span>
              <Switch
                aria-label="Also cancel the subscription now"
                checked={field.value}
                onCheckedChange={field.onChange}
              />
            </label>
          )}
        />
      ) : null}
    </DialogForm>
  );
}

function reasonOf(value: string): Reason | undefined {
  return reasons.map((one) => one.value).find((one): one is Reason => one === value && one !== unsaid);
}
