'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Button } from '@billingos/ui/components/button';
import { Card, CardHeader } from '@billingos/ui/components/card';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import { useQuery } from '@tanstack/react-query';
import { Mail } from 'lucide-react';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { useState } from 'react';
import type { Email } from '../../api/types.ts';
import { Ago } from '../../formatting/time.tsx';
import { ChoiceFilter } from '../../listing/choice-filter.tsx';
import type { CsvColumn } from '../../listing/csv.ts';
import { ExportButton } from '../../listing/export-button.tsx';
import { PagedList } from '../../listing/paged-list.tsx';
import { usePages } from '../../listing/pages.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { EmailDialog } from './email-dialog.tsx';
import { emailsQuery, loadEmails } from './queries.ts';
import { emailStates, stateWords } from './states.ts';

const columns: readonly CsvColumn<Email>[] = [
  { header: 'id', value: (row) => row.id },
  { header: 'kind', value: (row) => row.kind },
  { header: 'to', value: (row) => row.to },
  { header: 'subject', value: (row) => row.subject },
  { header: 'state', value: (row) => row.state },
  { header: 'error', value: (row) => row.error },
  { header: 'created_at', value: (row) => row.created_at },
  { header: 'sent_at', value: (row) => row.sent_at },
];

/** What was written to customers, and whether it left. */
export function EmailLog() {
  const { api } = useEnvironment();
  const [state, setState] = useQueryState('state', parseAsStringLiteral(emailStates));
  const pages = usePages();
  const filters = { state: state ?? undefined, cursor: pages.cursor };
  const emails = useQuery(emailsQuery(api, filters));
  return (
    <Card>
      <CardHeader
        title="Sent to customers"
        action={
          <ExportButton
            name="emails"
            columns={columns}
            load={(cursor) => loadEmails(api, { state: filters.state, cursor, limit: 100 })}
          />
        }
      />
      <div className="px-4 pb-3">
        <ChoiceFilter
          label="State"
          choices={emailStates}
          wordOf={(one) => stateWords[one].label}
          everyLabel="Every state"
          value={state}
          onChoose={(value) => {
            pages.restart();
            void setState(value);
          }}
        />
      </div>
      <PagedList
        query={emails}
        pages={pages}
        noun={['e-mail', 'e-mails']}
        empty={
          <EmptyState icon={Mail} title={state ? 'None in this state' : 'No e-mails yet'}>
            Customers are written to when a payment fails, a trial ends or a yearly plan is about to renew.
          </EmptyState>
        }
      >
        {(data) => <EmailsTable emails={data} />}
      </PagedList>
    </Card>
  );
}

function EmailsTable({ emails }: { emails: readonly Email[] }) {
  const [reading, setReading] = useState<string | null>(null);
  return (
    <>
      <Table label="E-mails">
        <TableHead>
          <tr>
            <HeaderCell>Subject</HeaderCell>
            <HeaderCell>To</HeaderCell>
            <HeaderCell>State</HeaderCell>
            <HeaderCell>Written</HeaderCell>
            <HeaderCell>
              <span className="sr-only">Actions</span>
            </HeaderCell>
          </tr>
        </TableHead>
        <TableBody>
          {emails.map((email) => (
            <TableRow key={email.id}>
              <Cell className="min-w-56 font-medium whitespace-normal">{email.subject}</Cell>
              <Cell className="text-muted">{email.to}</Cell>
              <Cell>
                <Badge tone={stateWords[email.state].tone}>{stateWords[email.state].label}</Badge>
              </Cell>
              <Cell className="text-muted">
                <Ago iso={email.created_at} />
              </Cell>
              <Cell className="text-right">
                <Button
                  size="sm"
                  variant="ghost"
                  aria-label={`Read ${email.subject}`}
                  onClick={() => setReading(email.id)}
                >
                  Read
                </Button>
              </Cell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
      {reading ? <EmailDialog id={reading} onClose={() => setReading(null)} /> : null}
    </>
  );
}
