'use client';

import { Card } from '@billingos/ui/components/card';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { PageHeader } from '@billingos/ui/components/page-header';
import { TableSkeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { QueryStates } from '../../api/query-states.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { ApiKeysTable } from './api-keys-table.tsx';
import { CreateApiKeyDialog } from './create-api-key-dialog.tsx';
import { apiKeysQuery } from './queries.ts';

export function ApiKeys() {
  const { api, environment } = useEnvironment();
  const keys = useQuery(apiKeysQuery(api));
  return (
    <>
      <PageHeader
        title="API keys"
        description={`They open the ${environment.name} environment and nothing else. A secret key belongs on a server.`}
        actions={<CreateApiKeyDialog />}
      />
      <Card>
        <QueryStates query={keys} loading={<TableSkeleton label="Loading API keys" />}>
          {({ data }) =>
            data.length === 0 ? (
              <EmptyState icon={KeyRound} title="No API keys yet" action={<CreateApiKeyDialog />}>
                Your backend needs one to check features and track usage.
              </EmptyState>
            ) : (
              <ApiKeysTable keys={data} />
            )
          }
        </QueryStates>
      </Card>
    </>
  );
}
