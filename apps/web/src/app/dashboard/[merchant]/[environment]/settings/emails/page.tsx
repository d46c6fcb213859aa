import { PageHeader } from '@billingos/ui/components/page-header';
import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { EmailLog } from '#features/emails/email-log.tsx';
import { emailsQuery } from '#features/emails/queries.ts';
import { emailStates } from '#features/emails/states.ts';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { EmailSettings } from '#features/settings/email-settings.tsx';
import { emailSettingsQuery } from '#features/settings/queries.ts';
import { cursorOf, type SearchParams } from '#listing/search-params.ts';

export const metadata: Metadata = { title: 'E-mails' };

type EmailsPageProps = { params: EnvironmentParams; searchParams: SearchParams };

export default async function EmailsPage({ params, searchParams }: EmailsPageProps) {
  const { api } = await openEnvironment(params);
  const { state, pages } = await searchParams;
  const filters = { state: emailStates.find((known) => known === state), cursor: cursorOf(pages) };
  return (
    <Prefetched
      load={(queries) => [
        queries.prefetchQuery(emailSettingsQuery(api)),
        queries.prefetchQuery(emailsQuery(api, filters)),
      ]}
    >
      <PageHeader title="E-mails" description="What your customers are written, and what was sent." />
      <div className="grid gap-4">
        <EmailSettings />
        <EmailLog />
      </div>
    </Prefetched>
  );
}
