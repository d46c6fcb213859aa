'use client';

import { Button } from '@billingos/ui/components/button';
import { Dialog, DialogClose, DialogContent, DialogFooter } from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Notice } from '@billingos/ui/components/notice';
import { Select } from '@billingos/ui/components/select';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { unwrap } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import type { ConsumerKey } from '../../api/types.ts';
import { NewSecret } from '../api-keys/new-secret.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { consumerKeyKeys } from './queries.ts';

const graces = [
  { value: '0', label: 'Ends at once' },
  { value: '3600', label: 'Stays valid for an hour' },
  { value: '86400', label: 'Stays valid for a day' },
];

type RotateConsumerKeyDialogProps = { consumerKey: ConsumerKey; onClose: () => void };

/** Puts a new key in place of one; both are valid for as long as the customer needs to change over. */
export function RotateConsumerKeyDialog({ consumerKey, onClose }: RotateConsumerKeyDialogProps) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const [grace, setGrace] = useState('86400');
  const [secret, setSecret] = useState<string | null>(null);
  const rotate = useMutation({
    mutationFn: () =>
      unwrap(
        api.client.POST('/api/v1/keys/{id}/rotate', {
          params: { path: { id: consumerKey.id } },
          body: { grace_seconds: Number(grace) },
        }),
      ),
    onSuccess: async (made) => {
      setSecret(made.secret);
      await queries.invalidateQueries({ queryKey: consumerKeyKeys.all(api) });
    },
  });
  const hold = (event: Event) => (secret === null ? undefined : event.preventDefault());
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent
        title={secret === null ? `Rotate ${consumerKey.name}` : 'Copy the new key now'}
        description={
          secret === null
            ? 'The new key may do the same as the old one.'
            : 'We keep only its fingerprint, so this is the one time you see it.'
        }
        dismissable={secret === null}
        onEscapeKeyDown={hold}
        onInteractOutside={hold}
      >
        {secret === null ? (
          <div className="grid gap-4">
            {rotate.isError ? <Notice tone="danger">{describeError(rotate.error).message}</Notice> : null}
            <Field label="The old key">
              {(control) => <Select {...control} value={grace} options={graces} onValueChange={setGrace} />}
            </Field>
            <DialogFooter>
              <DialogClose asChild>
                <Button>Cancel</Button>
              </DialogClose>
              <Button variant="primary" pending={rotate.isPending} onClick={() => rotate.mutate()}>
                Rotate key
              </Button>
            </DialogFooter>
          </div>
        ) : (
          <NewSecret secret={secret} />
        )}
      </DialogContent>
    </Dialog>
  );
}
