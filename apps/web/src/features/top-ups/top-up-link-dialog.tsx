'use client';

import { Button } from '@billingos/ui/components/button';
import { Dialog, DialogContent, DialogTrigger } from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Select } from '@billingos/ui/components/select';
import { useMutation } from '@tanstack/react-query';
import { Controller, useForm } from 'react-hook-form';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import type { Customer } from '../../api/types.ts';
import { formatMoment } from '../../formatting/dates.ts';
import { DialogForm } from '../../forms/dialog-form.tsx';
import { MadeLink } from '../customers/made-link.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';

/** Makes a link to the page where the customer buys credits. */
export function TopUpLinkDialog({ customer }: { customer: Customer }) {
  return (
    <Dialog>
      <DialogTrigger asChild>
        <Button size="sm">Top-up link</Button>
      </DialogTrigger>
      <DialogContent
        title="Create top-up link"
        description="A page where the customer sees the balance and buys packs, without an account."
      >
        <TopUpLinkForm customer={customer} />
      </DialogContent>
    </Dialog>
  );
}

const lifetimes = [
  { value: '24', label: 'A day' },
  { value: '168', label: 'A week' },
  { value: '720', label: '30 days' },
] as const;

type Values = { expires_in_hours: string; return_url: string };

function TopUpLinkForm({ customer }: { customer: Customer }) {
  const { api } = useEnvironment();
  const form = useForm<Values>({ defaultValues: { expires_in_hours: '24', return_url: '' } });
  const create = useMutation({
    mutationFn: ({ expires_in_hours, return_url }: Values) =>
      unwrap(
        api.client.POST('/api/v1/customers/{id}/credits/top-up-links', {
          params: { path: { id: customer.id } },
          body: {
            expires_in_hours: Number(expires_in_hours),
            ...(return_url.trim() === '' ? {} : { return_url: return_url.trim() }),
          },
        }),
      ),
    onError: (error) => placeError(error, form, ['expires_in_hours', 'return_url']),
  });
  if (create.data) {
    const { url, expires_at } = create.data;
    return (
      <MadeLink url={url} copy="Copy top-up link" open="Open the page">
        Send it to the customer alone: whoever has it can buy in their name. It works until{' '}
        {formatMoment(expires_at)} and is not shown again.
      </MadeLink>
    );
  }
  const { errors } = form.formState;
  return (
    <DialogForm form={form} action={create} pending={create.isPending} submit="Create link">
      <Controller
        control={form.control}
        name="expires_in_hours"
        render={({ field }) => (
          <Field label="Works for" error={errors.expires_in_hours?.message}>
            {(control) => (
              <Select {...control} value={field.value} options={lifetimes} onValueChange={field.onChange} />
            )}
          </Field>
        )}
      />
      <Field
        label="Leads back to"
        optional
        hint="A page of your app. Empty means that the page leads nowhere else."
        error={errors.return_url?.message}
      >
        {(control) => (
          <Input
            {...control}
            type="url"
            className="font-mono text-xs"
            placeholder="https://app.example.com/billing"
            autoComplete="off"
            {...form.register('return_url')}
          />
        )}
      </Field>
    </DialogForm>
  );
}
