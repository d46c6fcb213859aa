'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { CopyableCode } from '@billingos/ui/components/copy-button';
import { PageHeader } from '@billingos/ui/components/page-header';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import Link from 'next/link';
import { useEnvironment } from '../merchants/environment-context.tsx';

/** What the merchant is called, its environments, and what the signed-in member may do in it. */
export function GeneralSettings() {
  const { me, merchant } = useEnvironment();
  return (
    <>
      <PageHeader title="General" />
      <div className="grid gap-4">
        <Card>
          <CardHeader title="Merchant" />
          <CardBody>
            <dl className="grid gap-4 text-sm sm:grid-cols-2">
              <div>
                <dt className="text-xs text-muted">Name</dt>
                <dd>{merchant.name}</dd>
              </div>
              <div>
                <dt className="text-xs text-muted">Merchant id</dt>
                <dd>
                  <CopyableCode value={merchant.id} label="Copy merchant id" />
                </dd>
              </div>
              <div>
                <dt className="text-xs text-muted">Signed in as</dt>
                <dd>{me.user.email}</dd>
              </div>
              <div>
                <dt className="text-xs text-muted">Your role</dt>
                <dd>
                  <Badge>{merchant.role}</Badge>
                </dd>
              </div>
            </dl>
          </CardBody>
        </Card>
        <Card>
          <CardHeader
            title="Environments"
            description="Each has its own customers, keys and Stripe account. Nothing passes from one to another."
          />
          <Table label="Environments">
            <TableHead>
              <tr>
                <HeaderCell>Name</HeaderCell>
                <HeaderCell>Mode</HeaderCell>
                <HeaderCell>Environment id</HeaderCell>
              </tr>
            </TableHead>
            <TableBody>
              {merchant.environments.map(({ id, slug, name, mode }) => (
                <TableRow key={id}>
                  <Cell>
                    <Link
                      href={`/dashboard/${merchant.slug}/${slug}`}
                      className="font-medium hover:underline"
                    >
                      {name}
                    </Link>
                  </Cell>
                  <Cell>
                    <Badge tone={mode === 'live' ? 'success' : 'warning'}>{mode}</Badge>
                  </Cell>
                  <Cell>
                    <CopyableCode value={id} label={`Copy id of ${name}`} />
                  </Cell>
                </TableRow>
              ))}
            </TableBody>
          </Table>
        </Card>
      </div>
    </>
  );
}
