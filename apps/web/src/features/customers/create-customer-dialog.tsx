'use client';

import { Button } from '@billingos/ui/components/button';
import { Dialog, DialogContent, DialogTrigger } from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import { DialogForm } from '../../forms/dialog-form.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { customerKeys } from './queries.ts';

type Values = { name: string; email: string; external_id: string };

export function CreateCustomerDialog() {
  const { can } = useEnvironment();
  const [open, setOpen] = useState(false);
  if (!can('customers:write')) return null;
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button variant="primary">
          <Plus aria-hidden />
          New customer
        </Button>
      </DialogTrigger>
      <DialogContent title="New customer" description="Your backend can do the same through the API.">
        <CreateCustomerForm />
      </DialogContent>
    </Dialog>
  );
}

function CreateCustomerForm() {
  const { api, href } = useEnvironment();
  const queries = useQueryClient();
  const router = useRouter();
  const form = useForm<Values>({ defaultValues: { name: '', email: '', external_id: '' } });
  const create = useMutation({
    mutationFn: ({ name, email, external_id }: Values) =>
      unwrap(
        api.client.POST('/api/v1/customers', {
          body: {
            ...(name.trim() ? { name: name.trim() } : {}),
            ...(email.trim() ? { email: email.trim() } : {}),
            ...(external_id.trim() ? { external_id: external_id.trim() } : {}),
          },
        }),
      ),
    onSuccess: async (customer) => {
      await queries.invalidateQueries({ queryKey: customerKeys.all(api), refetchType: 'none' });
      router.push(href(`customers/${customer.id}`));
    },
    onError: (error) => placeError(error, form, ['name', 'email', 'external_id']),
  });
  const { errors } = form.formState;
  return (
    <DialogForm
      form={form}
      action={create}
      pending={create.isPending || create.isSuccess}
      submit="Create customer"
    >
      <Field label="Name" error={errors.name?.message}>
        {(control) => (
          <Input
            {...control}
            autoComplete="off"
            {...form.register('name', { required: 'Give the customer a name.' })}
          />
        )}
      </Field>
      <Field label="E-mail" optional error={errors.email?.message}>
        {(control) => <Input {...control} type="email" autoComplete="off" {...form.register('email')} />}
      </Field>
      <Field
        label="External id"
        optional
        hint="The id of this customer in your own database. The SDK finds customers by it."
        error={errors.external_id?.message}
      >
        {(control) => (
          <Input
            {...control}
            className="font-mono"
            placeholder="user_42"
            autoComplete="off"
            {...form.register('external_id')}
          />
        )}
      </Field>
    </DialogForm>
  );
}
