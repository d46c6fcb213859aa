import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { AuditLog } from '#features/audit-log/audit-log.tsx';
import { auditLogQuery } from '#features/audit-log/queries.ts';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { cursorOf, type SearchParams } from '#listing/search-params.ts';

export const metadata: Metadata = { title: 'Audit log' };

type AuditLogPageProps = { params: EnvironmentParams; searchParams: SearchParams };

export default async function AuditLogPage({ params, searchParams }: AuditLogPageProps) {
  const { api } = await openEnvironment(params);
  const cursor = cursorOf((await searchParams).pages);
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(auditLogQuery(api, cursor))]}>
      <AuditLog />
    </Prefetched>
  );
}
