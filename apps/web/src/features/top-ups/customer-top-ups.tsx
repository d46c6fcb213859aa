'use client';

import { Badge, type BadgeTone } from '@billingos/ui/components/badge';
import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { Notice } from '@billingos/ui/components/notice';
import { Skeleton, TableSkeleton } from '@billingos/ui/components/skeleton';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import { textLink } from '@billingos/ui/text-link';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { QueryStates } from '../../api/query-states.tsx';
import type { AutoTopUp, CreditPack, CreditTopUp, Customer } from '../../api/types.ts';
import { formatAmount, formatMoney } from '../../formatting/money.ts';
import { formatExact } from '../../formatting/numbers.ts';
import { Day } from '../../formatting/time.tsx';
import { everyCreditPackQuery } from '../credit-packs/queries.ts';
import { autoTopUpQuery, creditTopUpsQuery } from '../credits/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { AutoTopUpDialog } from './auto-top-up-dialog.tsx';
import { SellPackDialog } from './sell-pack-dialog.tsx';
import { TopUpLinkDialog } from './top-up-link-dialog.tsx';

/** The packs a customer bought, and what buys them by itself. */
export function CustomerTopUps({ customer }: { customer: Customer }) {
  const { api, can, href } = useEnvironment();
  const topUps = useQuery(creditTopUpsQuery(api, customer.id));
  const automatic = useQuery(autoTopUpQuery(api, customer.id));
  // An archived one, too: what was bought of it is still shown.
  const packs = useQuery(everyCreditPackQuery(api));
  const known = packs.data?.data ?? [];
  const sold = known
    .filter(({ archived_at }) => archived_at === null)
    .toSorted((a, b) => a.credits - b.credits);
  const mayCharge = can('invoices:write') && sold.length > 0;
  return (
    <Card>
      <CardHeader
        title="Credits bought"
        description="Packs, by the customer or automatically."
        action={
          mayCharge ? (
            <div className="flex flex-wrap gap-2">
              {automatic.data ? (
                <AutoTopUpDialog customer={customer} settings={automatic.data.settings} packs={sold} />
              ) : null}
              <TopUpLinkDialog customer={customer} />
              <SellPackDialog customer={customer} packs={sold} />
            </div>
          ) : null
        }
      />
      <CardBody className="grid gap-2 text-sm">
        <QueryStates query={automatic} loading={<Skeleton className="h-5" />}>
          {({ settings }) => <Automatic settings={settings} packs={known} />}
        </QueryStates>
        {packs.data && sold.length === 0 ? (
          <p className="text-muted">
            There is nothing to buy yet.{' '}
            <Link href={href('credit-packs')} className={textLink}>
              Make a credit pack
            </Link>
          </p>
        ) : null}
      </CardBody>
      <QueryStates query={topUps} loading={<TableSkeleton rows={1} label="Loading purchases" />}>
        {({ data }) => (data.length === 0 ? null : <Purchases topUps={data} packs={known} />)}
      </QueryStates>
    </Card>
  );
}

function Automatic({ settings, packs }: Pick<AutoTopUp, 'settings'> & { packs: readonly CreditPack[] }) {
  if (settings === null) return <p className="text-muted">Nothing is bought automatically.</p>;
  const pack = packs.find(({ id }) => id === settings.pack);
  const most = pack
    ? formatMoney({ amount: settings.amount_max_per_month, currency: pack.price.currency })
    : null;
  return (
    <>
      <p>
        <Badge tone={settings.enabled ? 'success' : 'neutral'}>
          {settings.enabled ? 'Automatic' : 'Automatic, off'}
        </Badge>{' '}
        Buys {pack ? `“${pack.name}”` : 'a pack'} when fewer than {formatExact(settings.below)} are left
        {most ? <span className="text-muted">, for {most} in 30 days at most</span> : null}.
      </p>
      {settings.stopped_reason ? (
        <Notice tone="warning">It turned itself off: {settings.stopped_reason}</Notice>
      ) : null}
      {pack?.archived_at && settings.enabled ? (
        <Notice tone="warning">
          {pack.name} is archived: nothing is bought until you choose another pack.
        </Notice>
      ) : null}
    </>
  );
}

const states: Record<CreditTopUp['state'], { label: string; tone: BadgeTone }> = {
  pending: { label: 'Under way', tone: 'accent' },
  open: { label: 'Waits for the customer', tone: 'warning' },
  paid: { label: 'Paid', tone: 'success' },
  failed: { label: 'Failed', tone: 'danger' },
};

type PurchasesProps = { topUps: readonly CreditTopUp[]; packs: readonly CreditPack[] };

function Purchases({ topUps, packs }: PurchasesProps) {
  return (
    <Table label="Purchases">
      <TableHead>
        <tr>
          <HeaderCell>Pack</HeaderCell>
          <HeaderCell className="text-right">Credits</HeaderCell>
          <HeaderCell className="text-right">Amount</HeaderCell>
          <HeaderCell>State</HeaderCell>
          <HeaderCell>Bought</HeaderCell>
        </tr>
      </TableHead>
      <TableBody>
        {topUps.map((topUp) => (
          <TableRow key={topUp.id}>
            <Cell className="font-medium">
              {topUp.packs > 1 ? `${formatExact(topUp.packs)} × ` : null}
              {packs.find(({ id }) => id === topUp.pack)?.name ?? 'A pack'}
              {topUp.is_automatic ? <span className="block text-xs text-muted">Automatically</span> : null}
            </Cell>
            <Cell numeric>{formatExact(topUp.credits)}</Cell>
            <Cell numeric>{formatAmount(topUp.amount)}</Cell>
            <Cell className="whitespace-normal">
              <Badge tone={states[topUp.state].tone}>{states[topUp.state].label}</Badge>
              {topUp.failure ? <span className="block text-xs text-muted">{topUp.failure}</span> : null}
              {topUp.pay_url ? (
                <a
                  className={`${textLink} block text-xs`}
                  href={topUp.pay_url}
                  target="_blank"
                  rel="noreferrer"
                >
                  Where they confirm
                </a>
              ) : null}
            </Cell>
            <Cell className="text-muted">
              <Day iso={topUp.created_at} />
            </Cell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  );
}
