'use client';

import { Button } from '@billingos/ui/components/button';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Notice } from '@billingos/ui/components/notice';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { notificationSettingsQuery } from './queries.ts';

type Values = { slack_webhook_url: string };

/** Sets, replaces or removes the address. It is a secret: what is set is never shown again. */
export function SlackForm({ isSet }: { isSet: boolean }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const form = useForm<Values>({ defaultValues: { slack_webhook_url: '' } });
  const save = useMutation({
    mutationFn: (slack_webhook_url: string | null) =>
      unwrap(api.client.PATCH('/api/v1/notification-settings', { body: { slack_webhook_url } })),
    onSuccess: (settings) => {
      queries.setQueryData(notificationSettingsQuery(api).queryKey, settings);
      form.reset();
      toast.success(settings.slack ? 'Alerts go to Slack' : 'Alerts go to Slack no more');
    },
    onError: (error) => placeError(error, form, ['slack_webhook_url']),
  });
  const { errors } = form.formState;
  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={(event) =>
        void form.handleSubmit(({ slack_webhook_url: url }) => save.mutate(url.trim()))(event)
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
          <Button pending={save.isPending} onClick={() => save.mutate(null)}>
            Remove
          </Button>
        ) : null}
      </div>
    </form>
  );
}
