'use client';

import { Button } from '@billingos/ui/components/button';
import { CodeBlock } from '@billingos/ui/components/code-block';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Notice } from '@billingos/ui/components/notice';
import { useForm } from 'react-hook-form';
import { useSaveNotifications } from './use-save-notifications.ts';

type Values = { webhook_url: string };

/** Sets, replaces or removes the address. Its signing secret is shown once, when it is set. */
export function WebhookForm({ isSet }: { isSet: boolean }) {
  const form = useForm<Values>({ defaultValues: { webhook_url: '' } });
  const save = useSaveNotifications(form, ['webhook_url'], 'Webhook settings saved');
  const { errors } = form.formState;
  const secret = save.data?.webhook_secret ?? null;
  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={(event) =>
        void form.handleSubmit(({ webhook_url: url }) => save.mutate({ webhook_url: url.trim() }))(event)
      }
    >
      {errors.root ? <Notice tone="danger">{errors.root.message}</Notice> : null}
      {secret === null ? null : (
        <div className="grid gap-2">
          <Notice tone="success">Store the signing secret now. It is not shown again.</Notice>
          <CodeBlock title="Signing secret" code={secret} />
        </div>
      )}
      <Field
        label={isSet ? 'Another address' : 'Address'}
        hint="Gets a POST for each new alert, signed by Standard Webhooks, repeated for half an hour until it answers 2xx."
        error={errors.webhook_url?.message}
      >
        {(control) => (
          <Input
            {...control}
            type="url"
            autoComplete="off"
            spellCheck={false}
            placeholder="https://acme.com/hooks/billing-alerts"
            {...form.register('webhook_url', { required: 'Enter the address that alerts are posted to.' })}
          />
        )}
      </Field>
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant="primary" pending={save.isPending}>
          {isSet ? 'Replace' : 'Save'}
        </Button>
        {isSet ? (
          <Button pending={save.isPending} onClick={() => save.mutate({ webhook_url: null })}>
            Remove
          </Button>
        ) : null}
      </div>
    </form>
  );
}
