'use client';

import { Badge, type BadgeTone } from '@billingos/ui/components/badge';
import { Button } from '@billingos/ui/components/button';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import type { CreditGrant, Customer } from '../../api/types.ts';
import { formatExact } from '../../formatting/numbers.ts';
import { Day } from '../../formatting/time.tsx';
import { customerKeys } from '../customers/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';

const sources: Record<CreditGrant['source'], string> = {
  plan: 'Plan',
  add_on: 'Add-on',
  top_up: 'Bought',
  manual: 'By hand',
  rollover: 'Carried over',
};

const states: Record<CreditGrant['state'], { label: string; tone: BadgeTone }> = {
  active: { label: 'Active', tone: 'success' },
  scheduled: { label: 'Not yet', tone: 'accent' },
  used_up: { label: 'Used up', tone: 'neutral' },
  expired: { label: 'Expired', tone: 'neutral' },
  voided: { label: 'Void', tone: 'danger' },
};

type CreditGrantsProps = { customer: Customer; grants: readonly CreditGrant[] };

/** Where the balance comes from. What is over is shown on demand. */
export function CreditGrants({ customer, grants }: CreditGrantsProps) {
  const [showsPast, setShowsPast] = useState(false);
  const past = grants.filter(isOver);
  const shown = showsPast ? grants : grants.filter((grant) => !isOver(grant));
  return (
    <>
      {shown.length === 0 ? null : (
        <Table label="Grants">
          <TableHead>
            <tr>
              <HeaderCell>Grant</HeaderCell>
              <HeaderCell className="text-right">Left</HeaderCell>
              <HeaderCell>Expires</HeaderCell>
              <HeaderCell>State</HeaderCell>
              <HeaderCell>
                <span className="sr-only">Actions</span>
              </HeaderCell>
            </tr>
          </TableHead>
          <TableBody>
            {shown.map((grant) => (
              <TableRow key={grant.id}>
                <Cell className="whitespace-normal">
                  <span className="font-medium">{sources[grant.source]}</span>
                  {grant.reason ? <span className="block text-xs text-muted">{grant.reason}</span> : null}
                </Cell>
                <Cell numeric>
                  {formatExact(grant.remaining)}{' '}
                  <span className="text-muted">of {formatExact(grant.quantity)}</span>
                </Cell>
                <Cell className="text-muted">
                  {grant.expires_at === null ? 'Never' : <Day iso={grant.expires_at} />}
                </Cell>
                <Cell>
                  <Badge tone={states[grant.state].tone}>{states[grant.state].label}</Badge>
                </Cell>
                <Cell className="text-right">
                  <VoidOrRestore customer={customer} grant={grant} />
                </Cell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      )}
      {past.length === 0 ? null : (
        <div className="border-t px-2 py-1.5">
          <Button
            size="sm"
            variant="ghost"
            onClick={() => setShowsPast(!showsPast)}
            aria-expanded={showsPast}
          >
            {showsPast ? 'Hide' : 'Show'} {past.length} used up, expired or void
          </Button>
        </div>
      )}
    </>
  );
}

function isOver({ state }: CreditGrant): boolean {
  return state !== 'active' && state !== 'scheduled';
}

/** Each undoes the other, so neither asks twice. */
function VoidOrRestore({ customer, grant }: { customer: Customer; grant: CreditGrant }) {
  const { api, can } = useEnvironment();
  const queries = useQueryClient();
  const isVoid = grant.state === 'voided';
  const change = useMutation({
    mutationFn: () =>
      unwrap(
        isVoid
          ? api.client.POST('/api/v1/credits/grants/{id}/restore', { params: { path: { id: grant.id } } })
          : api.client.POST('/api/v1/credits/grants/{id}/void', { params: { path: { id: grant.id } } }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: customerKeys.one(api, customer.id) });
      toast.success(isVoid ? 'The credits are back' : 'What was left of the grant is void');
    },
    onError: (error) => toast.error(error.message),
  });
  if (!can('subscriptions:write') || !(isVoid || grant.remaining > 0)) return null;
  return (
    <Button size="sm" variant="ghost" pending={change.isPending} onClick={() => change.mutate()}>
      {isVoid ? 'Restore' : 'Void'}
    </Button>
  );
}
