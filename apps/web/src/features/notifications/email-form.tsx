'use client';

import { Button } from '@billingos/ui/components/button';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Notice } from '@billingos/ui/components/notice';
import { useForm } from 'react-hook-form';
import { useSaveNotifications } from './use-save-notifications.ts';

type Values = { email_addresses: string };

/** Who gets a mail of each new alert, as one line of addresses. */
export function EmailForm({ addresses }: { addresses: readonly string[] }) {
  const form = useForm<Values>({ values: { email_addresses: addresses.join(', ') } });
  const save = useSaveNotifications(form, ['email_addresses'], 'Addresses saved');
  const { errors } = form.formState;
  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={(event) =>
        void form.handleSubmit(({ email_addresses: line }) =>
          save.mutate({ email_addresses: line.split(/[\s,;]+/).filter((address) => address !== '') }),
        )(event)
      }
    >
      {errors.root ? <Notice tone="danger">{errors.root.message}</Notice> : null}
      <Field
        label="Addresses"
        hint="Up to 10, separated by commas. Empty: nobody."
        error={errors.email_addresses?.message}
      >
        {(control) => (
          <Input
            {...control}
            autoComplete="off"
            spellCheck={false}
            placeholder="ops@acme.com, finance@acme.com"
            {...form.register('email_addresses')}
          />
        )}
      </Field>
      <div>
        <Button type="submit" variant="primary" pending={save.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}
