'use client';

import { unwrap } from '../../api/client.ts';
import type { ConsumerKey } from '../../api/types.ts';
import { RotateKeyDialog } from '../api-keys/rotate-key-dialog.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { consumerKeyKeys } from './queries.ts';

type RotateConsumerKeyDialogProps = { consumerKey: ConsumerKey; onClose: () => void };

export function RotateConsumerKeyDialog({ consumerKey, onClose }: RotateConsumerKeyDialogProps) {
  const { api } = useEnvironment();
  const params = { path: { id: consumerKey.id } };
  return (
    <RotateKeyDialog
      oldKey={consumerKey}
      rotate={(graceSeconds) =>
        unwrap(api.client.POST('/api/v1/keys/{id}/rotate', { params, body: { grace_seconds: graceSeconds } }))
      }
      queryKey={consumerKeyKeys.all(api)}
      onClose={onClose}
    />
  );
}
