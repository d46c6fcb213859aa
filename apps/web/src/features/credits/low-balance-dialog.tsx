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
import { parseQuantity, quantityText } from '../../formatting/numbers.ts';
import { DialogForm } from '../../forms/dialog-form.tsx';
import { customerKeys } from '../customers/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';

type LowBalanceDialogProps = { customer: Customer; lowAt: number | null };

/** Below which balance an alert is raised. */
export function LowBalanceDialog({ customer, lowAt }: LowBalanceDialogProps) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button size="sm">Low balance</Button>
      </DialogTrigger>
      <DialogContent
        title="When the balance is low"
        description="An alert is raised once it falls below this, and ends when there is enough again."
      >
        <LowBalanceForm customer={customer} lowAt={lowAt} onDone={() => setOpen(false)} />
      </DialogContent>
    </Dialog>
  );
}

type Values = { low_at: string };

function LowBalanceForm({ customer, lowAt, onDone }: LowBalanceDialogProps & { onDone: () => void }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const form = useForm<Values>({ defaultValues: { low_at: lowAt === null ? '' : quantityText(lowAt) } });
  const save = useMutation({
    mutationFn: ({ low_at }: Values) =>
      unwrap(
        api.client.PATCH('/api/v1/customers/{id}/credits', {
          params: { path: { id: customer.id } },
          body: { low_at: parseQuantity(low_at) ?? null },
        }),
      ),
    onSuccess: async ({ low_at }) => {
      await queries.invalidateQueries({ queryKey: customerKeys.one(api, customer.id) });
      toast.success(low_at === null ? 'No balance is low' : 'The line is set');
      onDone();
    },
    onError: (error) => placeError(error, form, ['low_at']),
  });
  const { errors } = form.formState;
  return (
    <DialogForm form={form} action={save} pending={save.isPending} submit="Save">
      <Field
        label="Low is below"
        optional
        hint="Credits. Empty means that no alert is raised."
        error={errors.low_at?.message}
      >
        {(control) => (
          <Input
            {...control}
            inputMode="decimal"
            placeholder="100"
            autoComplete="off"
            {...form.register('low_at', {
              validate: (typed) =>
                typed.trim() === '' ||
                parseQuantity(typed) !== undefined ||
                'Enter a number above 0, or nothing.',
            })}
          />
        )}
      </Field>
    </DialogForm>
  );
}
