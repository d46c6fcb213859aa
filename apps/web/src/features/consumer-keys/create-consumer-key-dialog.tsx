'use client';

import { Button } from '@billingos/ui/components/button';
import { Dialog, DialogContent, DialogTrigger } from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Select } from '@billingos/ui/components/select';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { Controller, useForm, useWatch } from 'react-hook-form';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import { DialogForm } from '../../forms/dialog-form.tsx';
import { NewSecret } from '../api-keys/new-secret.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { consumerKeyKeys, projectsQuery } from './queries.ts';

type CreateConsumerKeyDialogProps = {
  /** Whose key it will be; asked for when undefined. */
  customer: string | undefined;
};

export function CreateConsumerKeyDialog({ customer }: CreateConsumerKeyDialogProps) {
  const { can } = useEnvironment();
  const [open, setOpen] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  if (!can('consumer_keys:write')) return null;
  const change = (next: boolean) => {
    setOpen(next);
    if (!next) setSecret(null);
  };
  // A key is shown once. Neither Escape nor a click beside the dialog may throw it away.
  const hold = (event: Event) => (secret === null ? undefined : event.preventDefault());
  return (
    <Dialog open={open} onOpenChange={change}>
      <DialogTrigger asChild>
        <Button {...(customer === undefined ? { variant: 'primary' } : { size: 'sm' })}>
          <Plus aria-hidden />
          New key
        </Button>
      </DialogTrigger>
      <DialogContent
        title={secret === null ? 'New consumer key' : 'Copy the key now'}
        description={
          secret === null ? undefined : 'We keep only its fingerprint, so this is the one time you see it.'
        }
        dismissable={secret === null}
        onEscapeKeyDown={hold}
        onInteractOutside={hold}
      >
        {secret === null ? (
          <CreateConsumerKeyForm customer={customer} onCreated={setSecret} />
        ) : (
          <NewSecret secret={secret} />
        )}
      </DialogContent>
    </Dialog>
  );
}

type Values = { customer: string; project: string; name: string; expires_at: string };
const none = 'none';

function CreateConsumerKeyForm({
  customer,
  onCreated,
}: CreateConsumerKeyDialogProps & { onCreated: (secret: string) => void }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const form = useForm<Values>({
    defaultValues: { customer: customer ?? '', project: none, name: '', expires_at: '' },
  });
  const owner = useWatch({ control: form.control, name: 'customer' }).trim();
  const projects = useQuery({ ...projectsQuery(api, owner), enabled: owner !== '', retry: false });
  const options = [
    { value: none, label: 'None' },
    ...(projects.data ?? []).map(({ id, name }) => ({ value: id, label: name })),
  ];
  const create = useMutation({
    mutationFn: (values: Values) =>
      unwrap(
        api.client.POST('/api/v1/keys', {
          body: {
            customer: values.customer.trim(),
            name: values.name.trim(),
            ...(values.project === none ? {} : { project: values.project }),
            ...(values.expires_at === '' ? {} : { expires_at: `${values.expires_at}T23:59:59Z` }),
          },
        }),
      ),
    onSuccess: async (made) => {
      onCreated(made.secret);
      await queries.invalidateQueries({ queryKey: consumerKeyKeys.all(api) });
    },
    onError: (error) => placeError(error, form, ['customer', 'project', 'name', 'expires_at']),
  });
  const { errors } = form.formState;
  return (
    <DialogForm form={form} action={create} pending={create.isPending} submit="Create key">
      {customer === undefined ? (
        <Field label="Customer" hint="Your own id of the customer, or ours." error={errors.customer?.message}>
          {(control) => (
            <Input
              {...control}
              autoComplete="off"
              placeholder="user_42"
              {...form.register('customer', { required: 'Say whose key it is.' })}
            />
          )}
        </Field>
      ) : null}
      <Field label="Name" hint="Where it will be used." error={errors.name?.message}>
        {(control) => (
          <Input
            {...control}
            autoComplete="off"
            placeholder="Production"
            {...form.register('name', { required: 'Give the key a name.' })}
          />
        )}
      </Field>
      <div className="grid gap-4 sm:grid-cols-2">
        <Controller
          control={form.control}
          name="project"
          render={({ field }) => (
            <Field label="Project" optional error={errors.project?.message}>
              {(control) => (
                <Select {...control} value={field.value} options={options} onValueChange={field.onChange} />
              )}
            </Field>
          )}
        />
        <Field label="Last day" optional error={errors.expires_at?.message}>
          {(control) => <Input {...control} type="date" {...form.register('expires_at')} />}
        </Field>
      </div>
    </DialogForm>
  );
}
