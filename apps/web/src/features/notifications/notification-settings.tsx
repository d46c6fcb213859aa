'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { PageHeader } from '@billingos/ui/components/page-header';
import { Skeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { QueryStates } from '../../api/query-states.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { notificationSettingsQuery } from './queries.ts';
import { SlackForm } from './slack-form.tsx';
import { SlackTest } from './slack-test.tsx';

export function NotificationSettings() {
  const { api, can } = useEnvironment();
  const settings = useQuery(notificationSettingsQuery(api));
  return (
    <>
      <PageHeader title="Notifications" description="Who is told of a new alert." />
      <Card>
        <QueryStates query={settings} loading={<Skeleton className="m-4 h-32" />}>
          {({ slack }) => (
            <>
              <CardHeader
                title="Slack"
                description="Each new alert is posted once, without amounts or addresses of your customers."
                action={slack ? <Badge tone="success">Set</Badge> : <Badge>Not set</Badge>}
              />
              <CardBody className="grid gap-4">
                {slack ? (
                  <p className="text-sm">
                    Alerts go to <span className="font-mono text-xs break-all">{slack.webhook}</span>
                  </p>
                ) : null}
                {can('settings:write') ? (
                  <>
                    <SlackForm isSet={slack !== null} />
                    {slack ? <SlackTest /> : null}
                  </>
                ) : (
                  <p className="text-sm text-muted">An owner or admin can change where alerts go.</p>
                )}
              </CardBody>
            </>
          )}
        </QueryStates>
      </Card>
    </>
  );
}
