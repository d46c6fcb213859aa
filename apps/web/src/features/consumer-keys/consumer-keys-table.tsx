'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import Link from 'next/link';
import { useState } from 'react';
import type { ConsumerKey } from '../../api/types.ts';
import { Ago, Day } from '../../formatting/time.tsx';
import { KeyActions } from '../api-keys/key-actions.tsx';
import { keyState, stateWords } from '../api-keys/key-state.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { RevokeConsumerKeyDialog } from './revoke-consumer-key-dialog.tsx';
import { RotateConsumerKeyDialog } from './rotate-consumer-key-dialog.tsx';

type Open = { key: ConsumerKey; as: 'rotate' | 'revoke' };

type ConsumerKeysTableProps = { keys: readonly ConsumerKey[]; withCustomer?: boolean };

export function ConsumerKeysTable({ keys, withCustomer = true }: ConsumerKeysTableProps) {
  const { can, href } = useEnvironment();
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  // As it is listed now: a key that was just rotated has an end.
  const chosen = keys.find(({ id }) => id === open?.key.id) ?? open?.key;
  return (
    <>
      <Table label="Consumer keys">
        <TableHead>
          <tr>
            <HeaderCell>Name</HeaderCell>
            {withCustomer ? (
              <>
                <HeaderCell>Customer</HeaderCell>
                <HeaderCell>Project</HeaderCell>
              </>
            ) : null}
            <HeaderCell>State</HeaderCell>
            <HeaderCell>Last used</HeaderCell>
            <HeaderCell>
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
                <Cell>
                  <p className="font-medium">
                    {key.name}
                    {!withCustomer && key.project ? (
                      <span className="font-normal text-muted"> in {key.project.name}</span>
                    ) : null}
                  </p>
                  <p className="font-mono text-xs text-muted">
                    {key.prefix}…{key.last4}
                  </p>
                </Cell>
                {withCustomer ? (
                  <>
                    <Cell>
                      <Link
                        href={href(`customers/${key.customer.id}`)}
                        className="rounded-sm font-medium hover:underline"
                      >
                        {key.customer.external_id ?? key.customer.id}
                      </Link>
                    </Cell>
                    <Cell className="text-muted">{key.project?.name ?? '–'}</Cell>
                  </>
                ) : null}
                <Cell>
                  <Badge tone={stateWords[state].tone}>{stateWords[state].label}</Badge>
                  {key.expires_at && state !== 'revoked' ? (
                    <p className="mt-0.5 text-xs text-muted">
                      {state === 'expired' ? 'Since' : 'Until'} <Day iso={key.expires_at} />
                    </p>
                  ) : null}
                </Cell>
                <Cell className="text-muted">
                  {key.last_used_at ? <Ago iso={key.last_used_at} /> : 'Never'}
                </Cell>
                <Cell className="text-right">
                  {can('consumer_keys:write') && !isOver ? (
                    <KeyActions apiKey={key} onChoose={(as) => setOpen({ key, as })} />
                  ) : null}
                </Cell>
              </TableRow>
            );
          })}
        </TableBody>
      </Table>
      {chosen && open?.as === 'rotate' ? (
        <RotateConsumerKeyDialog consumerKey={chosen} onClose={close} />
      ) : null}
      {chosen && open?.as === 'revoke' ? (
        <RevokeConsumerKeyDialog consumerKey={chosen} onClose={close} />
      ) : null}
    </>
  );
}
