'use client';

import { unwrap } from '../../api/client.ts';
import type { ApiKey } from '../../api/types.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { apiKeyKeys } from './queries.ts';
import { RotateKeyDialog } from './rotate-key-dialog.tsx';

type RotateApiKeyDialogProps = { apiKey: ApiKey; onClose: () => void };

export function RotateApiKeyDialog({ apiKey, onClose }: RotateApiKeyDialogProps) {
  const { api } = useEnvironment();
  const params = { path: { id: apiKey.id } };
  return (
    <RotateKeyDialog
      oldKey={apiKey}
      rotate={(graceSeconds) =>
        unwrap(
          api.client.POST('/api/v1/api-keys/{id}/rotate', { params, body: { grace_seconds: graceSeconds } }),
        )
      }
      queryKey={apiKeyKeys.all(api)}
      onClose={onClose}
    />
  );
}
