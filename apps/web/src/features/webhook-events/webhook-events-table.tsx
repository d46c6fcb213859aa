'use client';

import { Badge, type BadgeTone } from '@billingos/ui/components/badge';
import { Button } from '@billingos/ui/components/button';
import { CopyableCode } from '@billingos/ui/components/copy-button';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { RotateCw } from 'lucide-react';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import type { WebhookEvent } from '../../api/types.ts';
import { Ago } from '../../formatting/time.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { webhookEventKeys } from './queries.ts';

const tones: Record<WebhookEvent['state'], BadgeTone> = {
  received: 'accent',
  processed: 'success',
  failed: 'danger',
  ignored: 'neutral',
};

export function WebhookEventsTable({ events }: { events: readonly WebhookEvent[] }) {
  const { can } = useEnvironment();
  return (
    <Table label="Webhook events">
      <TableHead>
        <tr>
          <HeaderCell>Event</HeaderCell>
          <HeaderCell>Stripe id</HeaderCell>
          <HeaderCell>State</HeaderCell>
          <HeaderCell className="text-right">Attempts</HeaderCell>
          <HeaderCell>Received</HeaderCell>
          <HeaderCell>
            <span className="sr-only">Actions</span>
          </HeaderCell>
        </tr>
      </TableHead>
      <TableBody>
        {events.map((event) => (
          <TableRow key={event.id}>
            <Cell className="max-w-md">
              <span className="font-mono text-xs">{event.type}</span>
              {event.error ? (
                <p className="text-xs break-words whitespace-normal text-danger-ink">{event.error}</p>
              ) : null}
            </Cell>
            <Cell className="max-w-48">
              <CopyableCode value={event.stripe_event_id} label={`Copy id of ${event.type}`} />
            </Cell>
            <Cell>
              <Badge tone={tones[event.state]} className="capitalize">
                {event.state}
              </Badge>
            </Cell>
            <Cell numeric>{event.attempts}</Cell>
            <Cell className="text-muted">
              <Ago iso={event.received_at} />
            </Cell>
            <Cell className="text-right">
              {can('operations:write') ? <ReplayButton event={event} /> : null}
            </Cell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  );
}

function ReplayButton({ event }: { event: WebhookEvent }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const replay = useMutation({
    mutationFn: () =>
      unwrap(api.client.POST('/api/v1/webhook-events/{id}/replay', { params: { path: { id: event.id } } })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: webhookEventKeys.all(api) });
      toast.success(`${event.type} is processed again`);
    },
    onError: (error) =>
      toast.error('The event could not be replayed', { description: describeError(error).message }),
  });
  return (
    <Button
      size="sm"
      variant="ghost"
      pending={replay.isPending}
      aria-label={`Replay ${event.type}`}
      onClick={() => replay.mutate()}
    >
      {replay.isPending ? null : <RotateCw aria-hidden />}
      Replay
    </Button>
  );
}
