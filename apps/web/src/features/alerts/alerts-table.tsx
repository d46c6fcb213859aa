'use client';

import { Badge, type BadgeTone } from '@billingos/ui/components/badge';
import { Button } from '@billingos/ui/components/button';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import { textLink } from '@billingos/ui/text-link';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import type { Alert } from '../../api/types.ts';
import { Ago } from '../../formatting/time.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { alertKeys } from './queries.ts';

const severities: Record<Alert['severity'], { label: string; tone: BadgeTone }> = {
  info: { label: 'Info', tone: 'neutral' },
  warning: { label: 'Warning', tone: 'warning' },
  critical: { label: 'Critical', tone: 'danger' },
};

/** Where one sees what an alert is about, by the type of its target. */
const places: Record<string, { path: (id: string) => string; label: string }> = {
  customer: { path: (id) => `customers/${id}`, label: 'Open the customer' },
  subscription: { path: (id) => `subscriptions/${id}`, label: 'Open the subscription' },
  invoice: { path: (id) => `invoices/${id}`, label: 'Open the invoice' },
  dispute: { path: () => 'disputes', label: 'Answer it' },
  recovery: { path: () => 'recovery', label: 'Open payment recovery' },
  reconciliation_run: { path: (id) => `reconciliation/${id}`, label: 'Open the run' },
  api_key: { path: () => 'developers/api-keys', label: 'Open the API keys' },
  environment: { path: () => 'settings/stripe', label: 'Open the Stripe settings' },
};

export function AlertsTable({ alerts }: { alerts: readonly Alert[] }) {
  const { can, href } = useEnvironment();
  return (
    <Table label="Alerts">
      <TableHead>
        <tr>
          <HeaderCell>Alert</HeaderCell>
          <HeaderCell>Severity</HeaderCell>
          <HeaderCell>Told last</HeaderCell>
          <HeaderCell>
            <span className="sr-only">Actions</span>
          </HeaderCell>
        </tr>
      </TableHead>
      <TableBody>
        {alerts.map((alert) => {
          const place = places[alert.target.type];
          const { label, tone } = severities[alert.severity];
          return (
            <TableRow key={alert.id}>
              <Cell className="min-w-64 whitespace-normal">
                <p className={alert.read_at ? '' : 'font-semibold'}>
                  {alert.title}
                  {alert.read_at ? null : <span className="sr-only"> (unread)</span>}
                </p>
                <p className="text-muted">{alert.detail}</p>
                {place ? (
                  <Link href={href(place.path(alert.target.id))} className={textLink}>
                    {place.label}
                  </Link>
                ) : null}
              </Cell>
              <Cell>
                <Badge tone={tone}>{label}</Badge>
              </Cell>
              <Cell className="text-muted">
                <Ago iso={alert.updated_at} />
              </Cell>
              <Cell className="text-right">
                {alert.resolved_at === null && can('alerts:write') ? <AlertActions alert={alert} /> : null}
              </Cell>
            </TableRow>
          );
        })}
      </TableBody>
    </Table>
  );
}

function AlertActions({ alert }: { alert: Alert }) {
  const { api } = useEnvironment();
  const path = { params: { path: { id: alert.id } } };
  const read = useAlertAction(() => unwrap(api.client.POST('/api/v1/alerts/{id}/read', path)));
  const resolve = useAlertAction(() => unwrap(api.client.POST('/api/v1/alerts/{id}/resolve', path)));
  return (
    <span className="inline-flex gap-1">
      {alert.read_at === null ? (
        <Button
          size="sm"
          variant="ghost"
          aria-label={`Mark as read: ${alert.title}`}
          pending={read.isPending}
          onClick={() => read.mutate()}
        >
          Mark as read
        </Button>
      ) : null}
      <Button
        size="sm"
        variant="ghost"
        aria-label={`Resolve: ${alert.title}`}
        pending={resolve.isPending}
        onClick={() => resolve.mutate()}
      >
        Resolve
      </Button>
    </span>
  );
}

function useAlertAction(act: () => Promise<unknown>) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: () => queries.invalidateQueries({ queryKey: alertKeys.all(api) }),
    onError: (error) => toast.error(describeError(error).message),
  });
}
