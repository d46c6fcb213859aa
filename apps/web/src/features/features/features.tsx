'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Card } from '@billingos/ui/components/card';
import { CopyableCode } from '@billingos/ui/components/copy-button';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { PageHeader } from '@billingos/ui/components/page-header';
import { TableSkeleton } from '@billingos/ui/components/skeleton';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import { useQuery } from '@tanstack/react-query';
import { Blocks } from 'lucide-react';
import { QueryStates } from '../../api/query-states.tsx';
import { formatExact } from '../../formatting/numbers.ts';
import { Day } from '../../formatting/time.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { CreateFeatureDialog } from './create-feature-dialog.tsx';
import { EditFeatureDialog } from './edit-feature-dialog.tsx';
import { featureTypeLabel } from './feature-type.ts';
import { outageLabel } from './outage-field.tsx';
import { featuresQuery } from './queries.ts';

export function Features() {
  const { api, can } = useEnvironment();
  const features = useQuery(featuresQuery(api));
  const create = <CreateFeatureDialog variant="primary" />;
  return (
    <>
      <PageHeader
        title="Features"
        description="What plans unlock and what your code asks for."
        actions={create}
      />
      <Card>
        <QueryStates query={features} loading={<TableSkeleton label="Loading features" />}>
          {({ data }) =>
            data.length === 0 ? (
              <EmptyState icon={Blocks} title="No features yet" action={create}>
                A feature is a switch, a metered quantity or a value. Plans decide who gets how much of it.
              </EmptyState>
            ) : (
              <Table label="Features">
                <TableHead>
                  <tr>
                    <HeaderCell className="border-t-0">Feature</HeaderCell>
                    <HeaderCell className="border-t-0">Key</HeaderCell>
                    <HeaderCell className="border-t-0">Type</HeaderCell>
                    <HeaderCell className="border-t-0">Meter</HeaderCell>
                    <HeaderCell className="border-t-0 text-right">Credits a unit</HeaderCell>
                    <HeaderCell className="border-t-0">In an outage</HeaderCell>
                    <HeaderCell className="border-t-0">Created</HeaderCell>
                    <HeaderCell className="border-t-0">
                      <span className="sr-only">Actions</span>
                    </HeaderCell>
                  </tr>
                </TableHead>
                <TableBody>
                  {data.map((feature) => (
                    <TableRow key={feature.id}>
                      <Cell className="font-medium">{feature.name}</Cell>
                      <Cell>
                        <CopyableCode value={feature.key} label={`Copy key of ${feature.name}`} />
                      </Cell>
                      <Cell>
                        <Badge tone={feature.type === 'metered' ? 'accent' : 'neutral'}>
                          {featureTypeLabel[feature.type]}
                        </Badge>
                      </Cell>
                      <Cell className="font-mono text-xs text-muted">{feature.meter ?? '–'}</Cell>
                      <Cell numeric>
                        {feature.credit_cost === null ? '–' : formatExact(feature.credit_cost)}
                      </Cell>
                      <Cell className={feature.on_outage === 'allow' ? '' : 'text-muted'}>
                        {outageLabel[feature.on_outage]}
                      </Cell>
                      <Cell className="text-muted">
                        <Day iso={feature.created_at} />
                      </Cell>
                      <Cell className="text-right">
                        {can('catalog:write') ? <EditFeatureDialog feature={feature} /> : null}
                      </Cell>
                    </TableRow>
                  ))}
                </TableBody>
              </Table>
            )
          }
        </QueryStates>
      </Card>
    </>
  );
}
