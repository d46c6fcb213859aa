'use client';

import { Button } from '@billingos/ui/components/button';
import { Dialog, DialogClose, DialogContent, DialogFooter } from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Notice } from '@billingos/ui/components/notice';
import { Select } from '@billingos/ui/components/select';
import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { describeError } from '../../api/errors.ts';
import type { ApiKey } from '../../api/types.ts';
import { formatMoment } from '../../formatting/dates.ts';
import { NewSecret } from './new-secret.tsx';

const graces = [
  { value: '0', label: 'Ends at once' },
  { value: '3600', label: 'Stays valid for an hour' },
  { value: '86400', label: 'Stays valid for a day' },
];

type RotateKeyDialogProps = {
  /** As it is known now: once it is rotated, with its end. */
  oldKey: Pick<ApiKey, 'name' | 'prefix' | 'last4' | 'expires_at' | 'revoked_at' | 'rotated_to'>;
  rotate: (graceSeconds: number) => Promise<{ secret: string }>;
  /** Of the lists that hold the key. */
  queryKey: QueryKey;
  onClose: () => void;
};

/** Puts a new key in place of one; both are valid for as long as whoever uses it needs to change over. */
export function RotateKeyDialog({ oldKey, rotate, queryKey, onClose }: RotateKeyDialogProps) {
  const queries = useQueryClient();
  const [grace, setGrace] = useState('86400');
  const [secret, setSecret] = useState<string | null>(null);
  const rotation = useMutation({
    mutationFn: () => rotate(Number(grace)),
    onSuccess: async (made) => {
      setSecret(made.secret);
      await queries.invalidateQueries({ queryKey });
    },
  });
  // A key is shown once. Neither Escape nor a click beside the dialog may throw it away.
  const hold = (event: Event) => (secret === null ? undefined : event.preventDefault());
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent
        title={secret === null ? `Rotate ${oldKey.name}` : 'Copy the new key now'}
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
            {rotation.isError ? <Notice tone="danger">{describeError(rotation.error).message}</Notice> : null}
            <Field label="The old key">
              {(control) => <Select {...control} value={grace} options={graces} onValueChange={setGrace} />}
            </Field>
            <DialogFooter>
              <DialogClose asChild>
                <Button>Cancel</Button>
              </DialogClose>
              <Button variant="primary" pending={rotation.isPending} onClick={() => rotation.mutate()}>
                Rotate key
              </Button>
            </DialogFooter>
          </div>
        ) : (
          <div className="grid gap-4">
            {oldKey.rotated_to === null ? null : <Notice tone="warning">{endOf(oldKey)}</Notice>}
            <NewSecret secret={secret} />
          </div>
        )}
      </DialogContent>
    </Dialog>
  );
}

function endOf({ prefix, last4, expires_at: end, revoked_at: revoked }: RotateKeyDialogProps['oldKey']) {
  const words = `${prefix}…${last4}`;
  return revoked !== null || end === null
    ? `${words} is refused from now on.`
    : `${words} stays valid until ${formatMoment(end)}, and is refused after that.`;
}
