'use client';

import { Button } from '@billingos/ui/components/button';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Notice } from '@billingos/ui/components/notice';
import { useMutation } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { apiClient, unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';

/** Names a merchant; BillingOS makes its live and its test environment and opens the test one. */
export function CreateMerchantForm() {
  const router = useRouter();
  const [client] = useState(() => apiClient({ base_url: '/api/billing', timeout_ms: 30_000 }));
  const form = useForm({ defaultValues: { name: '' } });
  const create = useMutation({
    mutationFn: (body: { name: string }) => unwrap(client.POST('/api/v1/merchants', { body })),
    onSuccess: (merchant) => {
      const first = merchant.environments.find(({ mode }) => mode === 'test') ?? merchant.environments[0];
      router.push(first ? `/dashboard/${merchant.slug}/${first.slug}` : '/dashboard');
    },
    onError: (error) => placeError(error, form, ['name']),
  });
  const { errors } = form.formState;
  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={(event) => void form.handleSubmit((values) => create.mutate(values))(event)}
    >
      {errors.root ? <Notice tone="danger">{errors.root.message}</Notice> : null}
      <Field label="Company or product name" error={errors.name?.message}>
        {(control) => (
          <Input
            {...control}
            autoComplete="organization"
            placeholder="Northwind Analytics"
            {...form.register('name', { required: 'Give it a name.' })}
          />
        )}
      </Field>
      <Button
        type="submit"
        variant="primary"
        className="h-9.5"
        pending={create.isPending || create.isSuccess}
      >
        Create
      </Button>
    </form>
  );
}
