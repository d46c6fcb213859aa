import type { components } from '@billingos/sdk/openapi';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { FieldPath, FieldValues, UseFormReturn } from 'react-hook-form';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { notificationSettingsQuery } from './queries.ts';

type Change = components['schemas']['NotificationSettingsChange'];

/** Saves what is given and leaves the rest; a refusal is shown at the field that it is about. */
export function useSaveNotifications<T extends FieldValues>(
  form: UseFormReturn<T>,
  fields: FieldPath<T>[],
  saved: string,
) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Change) => unwrap(api.client.PATCH('/api/v1/notification-settings', { body })),
    onSuccess: ({ webhook_secret: _secret, ...settings }) => {
      queries.setQueryData(notificationSettingsQuery(api).queryKey, settings);
      form.reset();
      toast.success(saved);
    },
    onError: (error) => placeError(error, form, fields),
  });
}
