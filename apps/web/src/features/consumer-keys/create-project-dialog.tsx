'use client';

import { Button } from '@billingos/ui/components/button';
import { Dialog, DialogContent, DialogTrigger } from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Select } from '@billingos/ui/components/select';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import { DialogForm } from '../../forms/dialog-form.tsx';
import { featuresQuery } from '../features/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { consumerKeyKeys } from './queries.ts';

type CreateProjectDialogProps = {
  /** Whose project it will be; asked for when undefined. */
  customer: string | undefined;
};

export function CreateProjectDialog({ customer }: CreateProjectDialogProps) {
  const { can } = useEnvironment();
  const [open, setOpen] = useState(false);
  if (!can('consumer_keys:write')) return null;
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button size="sm">
          <Plus aria-hidden />
          New project
        </Button>
      </DialogTrigger>
      <DialogContent title="New project">
        <CreateProjectForm customer={customer} onCreated={() => setOpen(false)} />
      </DialogContent>
    </Dialog>
  );
}

const none = '*';

type Values = { customer: string; name: string; quota_feature: string; per_minute: string };

function CreateProjectForm({ customer, onCreated }: CreateProjectDialogProps & { onCreated: () => void }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const features = useQuery(featuresQuery(api));
  const metered = (features.data?.data ?? []).filter(({ type }) => type === 'metered');
  const form = useForm<Values>({
    defaultValues: { customer: customer ?? '', name: '', quota_feature: none, per_minute: '' },
  });
  const create = useMutation({
    mutationFn: ({ name, quota_feature, per_minute, ...values }: Values) =>
      unwrap(
        api.client.POST('/api/v1/projects', {
          body: {
            customer: values.customer.trim(),
            name: name.trim(),
            ...(quota_feature === none ? {} : { quota_feature }),
            ...(per_minute.trim() ? { rate_limit: { limit: Number(per_minute), window_seconds: 60 } } : {}),
          },
        }),
      ),
    onSuccess: async ({ name }) => {
      await queries.invalidateQueries({ queryKey: consumerKeyKeys.all(api) });
      toast.success(`${name} is there`);
      onCreated();
    },
    onError: (error) =>
      placeError(
        error,
        form,
        new Map([
          ['customer', 'customer'],
          ['name', 'name'],
          ['quota_feature', 'quota_feature'],
          ['rate_limit', 'per_minute'],
          ['rate_limit.limit', 'per_minute'],
        ] as const),
      ),
  });
  const { errors } = form.formState;
  return (
    <DialogForm form={form} action={create} pending={create.isPending} submit="Create project">
      {customer === undefined ? (
        <Field label="Customer" hint="Your own id of the customer, or ours." error={errors.customer?.message}>
          {(control) => (
            <Input
              {...control}
              autoComplete="off"
              placeholder="user_42"
              {...form.register('customer', { required: 'Say whose project it is.' })}
            />
          )}
        </Field>
      ) : null}
      <Field label="Name" error={errors.name?.message}>
        {(control) => (
          <Input
            {...control}
            autoComplete="off"
            {...form.register('name', { required: 'Name the project.' })}
          />
        )}
      </Field>
      <div className="grid gap-4 sm:grid-cols-2">
        <Controller
          control={form.control}
          name="quota_feature"
          render={({ field }) => (
            <Field
              label="Quota of"
              optional
              hint="The feature that its calls are a use of."
              error={errors.quota_feature?.message}
            >
              {(control) => (
                <Select
                  {...control}
                  value={field.value}
                  options={[
                    { value: none, label: 'No feature' },
                    ...metered.map(({ key, name }) => ({ value: key, label: name })),
                  ]}
                  onValueChange={field.onChange}
                />
              )}
            </Field>
          )}
        />
        <Field
          label="Calls a minute"
          optional
          hint="Of all its keys together."
          error={errors.per_minute?.message}
        >
          {(control) => (
            <Input
              {...control}
              inputMode="numeric"
              autoComplete="off"
              {...form.register('per_minute', {
                validate: (typed) =>
                  typed.trim() === '' || /^[1-9]\d*$/.test(typed.trim()) || 'Write a whole number.',
              })}
            />
          )}
        </Field>
      </div>
    </DialogForm>
  );
}
