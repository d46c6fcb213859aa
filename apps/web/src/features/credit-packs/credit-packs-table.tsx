'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Button } from '@billingos/ui/components/button';
import { CopyableCode } from '@billingos/ui/components/copy-button';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import type { CreditPack } from '../../api/types.ts';
import { formatAmount } from '../../formatting/money.ts';
import { formatExact } from '../../formatting/numbers.ts';
import { Day } from '../../formatting/time.tsx';
import { ConfirmAction } from '../../forms/confirm-action.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { creditPackKeys } from './queries.ts';

export function CreditPacksTable({ packs }: { packs: readonly CreditPack[] }) {
  const { can } = useEnvironment();
  const [archiving, setArchiving] = useState<CreditPack | null>(null);
  return (
    <>
      <Table label="Credit packs">
        <TableHead>
          <tr>
            <HeaderCell>Pack</HeaderCell>
            <HeaderCell>Key</HeaderCell>
            <HeaderCell className="text-right">Credits</HeaderCell>
            <HeaderCell className="text-right">Price</HeaderCell>
            <HeaderCell>Can be used for</HeaderCell>
            <HeaderCell>Created</HeaderCell>
            <HeaderCell>
              <span className="sr-only">Actions</span>
            </HeaderCell>
          </tr>
        </TableHead>
        <TableBody>
          {packs.map((pack) => (
            <TableRow key={pack.id}>
              <Cell className="font-medium">
                {pack.name} {pack.archived_at ? <Badge>Archived</Badge> : null}
              </Cell>
              <Cell>
                <CopyableCode value={pack.key} label={`Copy key of ${pack.name}`} />
              </Cell>
              <Cell numeric>{formatExact(pack.credits)}</Cell>
              <Cell numeric>{formatAmount(pack.price)}</Cell>
              <Cell className="text-muted">{lifetime(pack)}</Cell>
              <Cell className="text-muted">
                <Day iso={pack.created_at} />
              </Cell>
              <Cell className="text-right">
                {can('catalog:write') && pack.archived_at === null ? (
                  <Button
                    size="sm"
                    variant="ghost"
                    aria-label={`Archive ${pack.name}`}
                    onClick={() => setArchiving(pack)}
                  >
                    Archive
                  </Button>
                ) : null}
              </Cell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
      {archiving ? <ArchiveDialog pack={archiving} onClose={() => setArchiving(null)} /> : null}
    </>
  );
}

function lifetime({ expires_after_days: days }: CreditPack): string {
  if (days === null) return 'as long as they last';
  return days === 1 ? '1 day' : `${formatExact(days)} days`;
}

function ArchiveDialog({ pack, onClose }: { pack: CreditPack; onClose: () => void }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const archive = useMutation({
    mutationFn: () =>
      unwrap(api.client.POST('/api/v1/credits/packs/{id}/archive', { params: { path: { id: pack.id } } })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: creditPackKeys.all(api) });
      toast.success(`${pack.name} is not sold any more`);
      onClose();
    },
  });
  return (
    <ConfirmAction
      title={`Archive ${pack.name}?`}
      description="Nobody can buy it any more, automatically neither. What was bought stays. This cannot be undone."
      confirmLabel="Archive pack"
      action={archive}
      onClose={onClose}
    />
  );
}
