'use client';

import { Button } from '@billingos/ui/components/button';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Notice } from '@billingos/ui/components/notice';
import type { ReactNode } from 'react';
import { useForm } from 'react-hook-form';
import { useSaveNotifications } from './use-save-notifications.ts';

type SecretAddressFormProps = {
  /** Of the settings: what is set, replaced and removed here. */
  field: 'slack_webhook_url' | 'webhook_url';
  isSet: boolean;
  label: string;
  /** Of the field when an address is set already. */
  otherLabel: string;
  hint: string;
  placeholder: string;
  missing: string;
  saved: string;
  /** What is shown of a secret that came with a new address. */
  showSecret?: (secret: string) => ReactNode;
};

/** Sets, replaces or removes an address. It is a secret: what is set is never shown again. */
export function SecretAddressForm(props: SecretAddressFormProps) {
  const { field, isSet, label, otherLabel, hint, placeholder, missing, saved, showSecret } = props;
  const form = useForm<{ slack_webhook_url: string; webhook_url: string }>({
    defaultValues: { slack_webhook_url: '', webhook_url: '' },
  });
  const save = useSaveNotifications(form, [field], saved);
  const { errors } = form.formState;
  const secret = save.data?.webhook_secret ?? null;
  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={(event) =>
        void form.handleSubmit((values) => save.mutate({ [field]: values[field].trim() }))(event)
      }
    >
      {errors.root ? <Notice tone="danger">{errors.root.message}</Notice> : null}
      {secret === null ? null : showSecret?.(secret)}
      <Field label={isSet ? otherLabel : label} hint={hint} error={errors[field]?.message}>
        {(control) => (
          <Input
            {...control}
            type="url"
            autoComplete="off"
            spellCheck={false}
            placeholder={placeholder}
            {...form.register(field, { required: missing })}
          />
        )}
      </Field>
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant="primary" pending={save.isPending}>
          {isSet ? 'Replace' : 'Save'}
        </Button>
        {isSet ? (
          <Button pending={save.isPending} onClick={() => save.mutate({ [field]: null })}>
            Remove
          </Button>
        ) : null}
      </div>
    </form>
  );
}
