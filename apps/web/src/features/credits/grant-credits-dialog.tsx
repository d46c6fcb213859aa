'use client';

import { Button } from '@billingos/ui/components/button';
import { Dialog, DialogContent, DialogTrigger } from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import type { Customer } from '../../api/types.ts';
import { DialogForm } from '../../forms/dialog-form.tsx';
import { customerKeys } from '../customers/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';

type GrantDraft = { quantity: string; expires_at: string; reason: string };

/** Gives this customer credits by hand. */
export function GrantCreditsDialog({ customer }: { customer: Customer }) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button size="sm">Grant credits</Button>
      </DialogTrigger>
      <DialogContent title="Grant credits" description="The customer can use them from now on.">
        <GrantForm customer={customer} onDone={() => setOpen(false)} />
      </DialogContent>
    </Dialog>
  );
}

function GrantForm({ customer, onDone }: { customer: Customer; onDone: () => void }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const form = useForm<GrantDraft>({ defaultValues: { quantity: '', expires_at: '', reason: '' } });
  const save = useMutation({
    mutationFn: ({ quantity, expires_at: day, reason }: GrantDraft) =>
      unwrap(
        api.client.POST('/api/v1/customers/{id}/credits/grants', {
          params: { path: { id: customer.id } },
          body: {
            quantity: Number(quantity.replaceAll(',', '')),
            ...(day === '' ? {} : { expires_at: `${day}T00:00:00Z` }),
            ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
          },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: customerKeys.one(api, customer.id) });
      toast.success('The credits are granted');
      onDone();
    },
    onError: (error) => placeError(error, form, ['quantity', 'expires_at', 'reason']),
  });
  const { errors } = form.formState;
  return (
    <DialogForm form={form} action={save} pending={save.isPending} submit="Grant credits">
      <Field label="Credits" error={errors.quantity?.message}>
        {(control) => (
          <Input
            {...control}
            inputMode="decimal"
            autoComplete="off"
            {...form.register('quantity', {
              validate: (typed) => Number(typed.replaceAll(',', '')) > 0 || 'Write a number such as 500.',
            })}
          />
        )}
      </Field>
      <Field
        label="Expire at the start of (UTC)"
        optional
        hint="Empty means never."
        error={errors.expires_at?.message}
      >
        {(control) => <Input {...control} type="date" {...form.register('expires_at')} />}
      </Field>
      <Field label="Reason" optional hint="For whoever asks later." error={errors.reason?.message}>
        {(control) => <Input {...control} autoComplete="off" {...form.register('reason')} />}
      </Field>
    </DialogForm>
  );
}
