'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toast } from 'sonner';
import { apiError } from '../../api/errors.ts';
import type { ApiKey } from '../../api/types.ts';
import { Ago, Day } from '../../formatting/time.tsx';
import { ConfirmAction } from '../../forms/confirm-action.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { KeyActions } from './key-actions.tsx';
import { keyState, stateWords } from './key-state.ts';
import { apiKeyKeys } from './queries.ts';
import { RotateApiKeyDialog } from './rotate-api-key-dialog.tsx';

type Open = { key: ApiKey; as: 'rotate' | 'revoke' };

export function ApiKeysTable({ keys }: { keys: readonly ApiKey[] }) {
  const { can } = useEnvironment();
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  // As it is listed now: a key that was just rotated has an end.
  const chosen = keys.find(({ id }) => id === open?.key.id) ?? open?.key;
  return (
    <>
      <Table label="API keys">
        <TableHead>
          <tr>
            <HeaderCell className="border-t-0">Name</HeaderCell>
            <HeaderCell className="border-t-0">Key</HeaderCell>
            <HeaderCell className="border-t-0">Type</HeaderCell>
            <HeaderCell className="border-t-0">State</HeaderCell>
            <HeaderCell className="border-t-0">Last used</HeaderCell>
            <HeaderCell className="border-t-0">Created</HeaderCell>
            <HeaderCell className="border-t-0">Ends</HeaderCell>
            <HeaderCell className="border-t-0">
              <span className="sr-only">Actions</span>
            </HeaderCell>
          </tr>
        </TableHead>
        <TableBody>
          {keys.map((key) => {
            const state = keyState(key, Date.now());
            const isOver = state === 'revoked' || state === 'expired';
            return (
              <TableRow key={key.id}>
                <Cell className="font-medium">{key.name}</Cell>
                <Cell className="font-mono text-xs text-muted">
                  {key.prefix}…{key.last4}
                </Cell>
                <Cell>
                  <Badge tone={key.type === 'secret' ? 'accent' : 'neutral'}>
                    {key.type === 'secret' ? 'Secret' : 'Publishable'}
                  </Badge>
                </Cell>
                <Cell>
                  <Badge tone={stateWords[state].tone}>{stateWords[state].label}</Badge>
                </Cell>
                <Cell className="text-muted">
                  {key.last_used_at ? <Ago iso={key.last_used_at} /> : 'Never'}
                </Cell>
                <Cell className="text-muted">
                  <Day iso={key.created_at} />
                </Cell>
                <Cell className="text-muted">{key.expires_at ? <Day iso={key.expires_at} /> : '–'}</Cell>
                <Cell className="text-right">
                  {can('api_keys:write') && !isOver ? (
                    <KeyActions apiKey={key} onChoose={(as) => setOpen({ key, as })} />
                  ) : null}
                </Cell>
              </TableRow>
            );
          })}
        </TableBody>
      </Table>
      {chosen && open?.as === 'rotate' ? <RotateApiKeyDialog apiKey={chosen} onClose={close} /> : null}
      {chosen && open?.as === 'revoke' ? <RevokeDialog apiKey={chosen} onClose={close} /> : null}
    </>
  );
}

function RevokeDialog({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const revoke = useMutation({
    mutationFn: async () => {
      const path = { id: apiKey.id };
      const { response, error } = await api.client.DELETE('/api/v1/api-keys/{id}', { params: { path } });
      if (!response.ok) throw apiError(response.status, error, response.headers.get('x-request-id'));
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: apiKeyKeys.all(api) });
      toast.success(`${apiKey.name} is revoked`);
      onClose();
    },
  });
  return (
    <ConfirmAction
      title={`Revoke ${apiKey.name}?`}
      description={`Whatever still uses ${apiKey.prefix}…${apiKey.last4} will be refused at once. This cannot be undone.`}
      confirmLabel="Revoke key"
      action={revoke}
      onClose={onClose}
    />
  );
}
