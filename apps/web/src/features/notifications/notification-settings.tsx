'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { PageHeader } from '@billingos/ui/components/page-header';
import { Skeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { QueryStates } from '../../api/query-states.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { EmailForm } from './email-form.tsx';
import { notificationSettingsQuery } from './queries.ts';
import { SlackForm } from './slack-form.tsx';
import { SlackTest } from './slack-test.tsx';
import { WebhookForm } from './webhook-form.tsx';

export function NotificationSettings() {
  const { api, can } = useEnvironment();
  const settings = useQuery(notificationSettingsQuery(api));
  const mayWrite = can('settings:write');
  return (
    <>
      <PageHeader
        title="Notifications"
        description="Who is told of a new alert, once, without amounts or addresses of your customers."
      />
      <QueryStates query={settings} loading={<Skeleton className="h-32" />}>
        {({ slack, email_addresses: addresses, webhook }) => (
          <div className="grid gap-4">
            {mayWrite ? null : (
              <p className="text-sm text-muted">An owner or admin can change where alerts go.</p>
            )}
            <Channel title="E-mail" goesTo={addresses.length > 0 ? addresses.join(', ') : undefined}>
              {mayWrite ? <EmailForm addresses={addresses} /> : null}
            </Channel>
            <Channel title="Slack" goesTo={slack?.webhook}>
              {mayWrite ? <SlackForm isSet={slack !== null} /> : null}
              {mayWrite && slack ? <SlackTest /> : null}
            </Channel>
            <Channel title="Webhook" goesTo={webhook?.url}>
              {mayWrite ? <WebhookForm isSet={webhook !== null} /> : null}
            </Channel>
          </div>
        )}
      </QueryStates>
    </>
  );
}

function Channel(props: { title: string; goesTo: string | undefined; children: ReactNode }) {
  const { title, goesTo, children } = props;
  return (
    <Card>
      <CardHeader
        title={title}
        action={goesTo === undefined ? <Badge>Not set</Badge> : <Badge tone="success">Set</Badge>}
      />
      <CardBody className="grid gap-4">
        {goesTo === undefined ? null : (
          <p className="text-sm">
            Alerts go to <span className="font-mono text-xs break-all">{goesTo}</span>
          </p>
        )}
        {children}
      </CardBody>
    </Card>
  );
}
