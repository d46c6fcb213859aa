'use client';

import { Button } from '@billingos/ui/components/button';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Notice } from '@billingos/ui/components/notice';
import { useForm } from 'react-hook-form';
import { useSaveNotifications } from './use-save-notifications.ts';

type Values = { slack_webhook_url: string };

/** Sets, replaces or removes the address. It is a secret: what is set is never shown again. */
export function SlackForm({ isSet }: { isSet: boolean }) {
  const form = useForm<Values>({ defaultValues: { slack_webhook_url: '' } });
  const save = useSaveNotifications(form, ['slack_webhook_url'], 'Slack settings saved');
  const { errors } = form.formState;
  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={(event) =>
        void form.handleSubmit(({ slack_webhook_url: url }) =>
          save.mutate({ slack_webhook_url: url.trim() }),
        )(event)
      }
    >
      {errors.root ? <Notice tone="danger">{errors.root.message}</Notice> : null}
      <Field
        label={isSet ? 'Another webhook URL' : 'Webhook URL'}
        hint="In Slack: Apps → Incoming webhooks → Add to a channel. It is kept sealed and never shown again."
        error={errors.slack_webhook_url?.message}
      >
        {(control) => (
          <Input
            {...control}
            type="url"
            autoComplete="off"
            spellCheck={false}
            placeholder="https://hooks.slack.com/services/…"
            {...form.register('slack_webhook_url', { required: 'Paste the webhook URL that Slack shows.' })}
          />
        )}
      </Field>
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant="primary" pending={save.isPending}>
          {isSet ? 'Replace' : 'Save'}
        </Button>
        {isSet ? (
          <Button pending={save.isPending} onClick={() => save.mutate({ slack_webhook_url: null })}>
            Remove
          </Button>
        ) : null}
      </div>
    </form>
  );
}
