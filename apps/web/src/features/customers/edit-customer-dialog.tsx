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
import { useEnvironment } from '../merchants/environment-context.tsx';
import { customerKeys } from './queries.ts';

export function EditCustomerDialog({ customer }: { customer: Customer }) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button size="sm" variant="ghost">
          Edit
        </Button>
      </DialogTrigger>
      <DialogContent title="Edit customer">
        <EditCustomerForm customer={customer} onSaved={() => setOpen(false)} />
      </DialogContent>
    </Dialog>
  );
}

function EditCustomerForm({ customer, onSaved }: { customer: Customer; onSaved: () => void }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const form = useForm({ defaultValues: { name: customer.name ?? '', email: customer.email ?? '' } });
  const save = useMutation({
    mutationFn: (values: { name: string; email: string }) =>
      unwrap(
        api.client.PATCH('/api/v1/customers/{id}', {
          params: { path: { id: customer.id } },
          body: { name: values.name.trim() || null, email: values.email.trim() || null },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: customerKeys.all(api) });
      toast.success('Customer saved');
      onSaved();
    },
    onError: (error) => placeError(error, form, ['name', 'email']),
  });
  const { errors } = form.formState;
  return (
    <DialogForm form={form} action={save} pending={save.isPending} submit="Save">
      <Field label="Name" error={errors.name?.message}>
        {(control) => <Input {...control} autoComplete="off" {...form.register('name')} />}
      </Field>
      <Field label="E-mail" error={errors.email?.message}>
        {(control) => <Input {...control} type="email" autoComplete="off" {...form.register('email')} />}
      </Field>
    </DialogForm>
  );
}
