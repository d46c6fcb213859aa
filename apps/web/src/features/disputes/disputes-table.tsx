'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Button } from '@billingos/ui/components/button';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import { textLink } from '@billingos/ui/text-link';
import Link from 'next/link';
import { useState } from 'react';
import type { Dispute } from '../../api/types.ts';
import { formatAmount } from '../../formatting/money.ts';
import { Day } from '../../formatting/time.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { AcceptDisputeDialog } from './accept-dispute-dialog.tsx';
import { EvidenceDialog } from './evidence-dialog.tsx';
import { needsAnswer, statusWords } from './statuses.ts';

type Open = { dispute: Dispute; as: 'evidence' | 'accept' };

export function DisputesTable({ disputes }: { disputes: readonly Dispute[] }) {
  const { can, href } = useEnvironment();
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  return (
    <>
      <Table label="Disputes">
        <TableHead>
          <tr>
            <HeaderCell>Reason</HeaderCell>
            <HeaderCell>State</HeaderCell>
            <HeaderCell className="text-right">Amount</HeaderCell>
            <HeaderCell>Answer by</HeaderCell>
            <HeaderCell>Opened</HeaderCell>
            <HeaderCell>
              <span className="sr-only">Actions</span>
            </HeaderCell>
          </tr>
        </TableHead>
        <TableBody>
          {disputes.map((dispute) => {
            const { label, tone } = statusWords[dispute.status];
            return (
              <TableRow key={dispute.id}>
                <Cell className="font-medium first-letter:uppercase">
                  {dispute.reason.replaceAll('_', ' ')}
                </Cell>
                <Cell>
                  <Badge tone={tone}>{label}</Badge>
                </Cell>
                <Cell numeric>
                  {dispute.invoice ? (
                    <Link href={href(`invoices/${dispute.invoice}`)} className={textLink}>
                      {formatAmount(dispute.amount)}
                    </Link>
                  ) : (
                    formatAmount(dispute.amount)
                  )}
                </Cell>
                <Cell className="text-muted">
                  {dispute.evidence_due_at && needsAnswer(dispute) ? (
                    <Day iso={dispute.evidence_due_at} />
                  ) : (
                    '–'
                  )}
                </Cell>
                <Cell className="text-muted">
                  <Day iso={dispute.created_at} />
                </Cell>
                <Cell className="text-right">
                  {can('refunds:write') && needsAnswer(dispute) ? (
                    <>
                      <Button size="sm" onClick={() => setOpen({ dispute, as: 'evidence' })}>
                        Answer
                      </Button>{' '}
                      <Button size="sm" variant="ghost" onClick={() => setOpen({ dispute, as: 'accept' })}>
                        Accept
                      </Button>
                    </>
                  ) : null}
                </Cell>
              </TableRow>
            );
          })}
        </TableBody>
      </Table>
      {open?.as === 'evidence' ? <EvidenceDialog dispute={open.dispute} onClose={close} /> : null}
      {open?.as === 'accept' ? <AcceptDisputeDialog dispute={open.dispute} onClose={close} /> : null}
    </>
  );
}
