'use client';

import { Button } from '@billingos/ui/components/button';
import {
  Dialog,
  DialogClose,
  DialogContent,
  DialogFooter,
  DialogTrigger,
} from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Notice } from '@billingos/ui/components/notice';
import { Select } from '@billingos/ui/components/select';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import type { NewApiKey } from '../../api/types.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { NewSecret } from './new-secret.tsx';
import { apiKeyKeys } from './queries.ts';

const types = [
  { value: 'secret', label: 'Secret', hint: 'For your server: may do everything' },
  { value: 'publishable', label: 'Publishable', hint: 'For a browser: may read plans' },
];

export function CreateApiKeyDialog() {
  const { can } = useEnvironment();
  const [open, setOpen] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  if (!can('api_keys:write')) return null;
  const change = (next: boolean) => {
    setOpen(next);
    if (!next) setSecret(null);
  };
  // A key is shown once. Neither Escape nor a click beside the dialog may throw it away.
  const hold = (event: Event) => (secret === null ? undefined : event.preventDefault());
  return (
    <Dialog open={open} onOpenChange={change}>
      <DialogTrigger asChild>
        <Button variant="primary">
          <Plus aria-hidden />
          New API key
        </Button>
      </DialogTrigger>
      <DialogContent
        title={secret === null ? 'New API key' : 'Copy your key now'}
        description={
          secret === null ? undefined : 'We keep only its fingerprint, so this is the one time you see it.'
        }
        dismissable={secret === null}
        onEscapeKeyDown={hold}
        onInteractOutside={hold}
      >
        {secret === null ? <CreateApiKeyForm onCreated={setSecret} /> : <NewSecret secret={secret} />}
      </DialogContent>
    </Dialog>
  );
}

function CreateApiKeyForm({ onCreated }: { onCreated: (secret: string) => void }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const form = useForm<NewApiKey>({ defaultValues: { name: '', type: 'secret' } });
  const create = useMutation({
    mutationFn: (body: NewApiKey) => unwrap(api.client.POST('/api/v1/api-keys', { body })),
    onSuccess: async ({ secret }) => {
      await queries.invalidateQueries({ queryKey: apiKeyKeys.all(api) });
      onCreated(secret);
    },
    onError: (error) => placeError(error, form, ['name', 'type']),
  });
  const { errors } = form.formState;
  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={(event) =>
        void form.handleSubmit(({ name, type }) => create.mutate({ name: name.trim(), type }))(event)
      }
    >
      {errors.root ? <Notice tone="danger">{errors.root.message}</Notice> : null}
      <Field label="Name" hint="Where it will be used." error={errors.name?.message}>
        {(control) => (
          <Input
            {...control}
            placeholder="Production backend"
            autoComplete="off"
            {...form.register('name', { required: 'Give the key a name.' })}
          />
        )}
      </Field>
      <Controller
        control={form.control}
        name="type"
        render={({ field }) => (
          <Field label="Type" error={errors.type?.message}>
            {(control) => (
              <Select {...control} value={field.value} onValueChange={field.onChange} options={types} />
            )}
          </Field>
        )}
      />
      <DialogFooter>
        <DialogClose asChild>
          <Button>Cancel</Button>
        </DialogClose>
        <Button type="submit" variant="primary" pending={create.isPending}>
          Create key
        </Button>
      </DialogFooter>
    </form>
  );
}
