'use client';

import { Card, CardBody } from '@billingos/ui/components/card';
import { Notice } from '@billingos/ui/components/notice';
import { CircleCheck } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { formatMoney } from '../../formatting/money.ts';
import { CardFields, takeConfirmedCard } from '../customer-links/card-fields.tsx';
import { ConfirmNotice } from '../customer-links/confirm-notice.tsx';
import { ask, type PayOutcome, type PayPage } from '../customer-links/customer-api.ts';
import { LinkSkeleton, LinkStates } from '../customer-links/link-states.tsx';
import { MoneyHeader } from '../customer-links/money-header.tsx';
import { useLinkPage } from '../customer-links/use-link-page.ts';
import { InvoiceLines } from './invoice-lines.tsx';

type PayProps = { token: string; apiUrl: string; stripeJsUrl: string };

/** What is owed, and a card form to pay it with. */
export function Pay({ token, apiUrl, stripeJsUrl }: PayProps) {
  const path = `pay/${token}`;
  const link = useLinkPage<PayPage>(apiUrl, path);
  const { load, fail } = link;
  const [outcome, setOutcome] = useState<PayOutcome>();
  const [tries, setTries] = useState(0);

  const pay = useCallback(
    async (setupIntent: string) => {
      const answer = await ask<PayOutcome>(apiUrl, `${path}/pay`, { setup_intent: setupIntent });
      setOutcome(answer);
      // Each confirmed card used its form up.
      setTries((count) => count + 1);
      if (answer.outcome === 'paid' || answer.outcome === 'closed') load();
    },
    [apiUrl, path, load],
  );

  useEffect(() => {
    const card = takeConfirmedCard();
    if (card === undefined) return;
    if (card.succeeded) {
      pay(card.setupIntent).catch(fail);
    } else {
      setOutcome({
        outcome: 'declined',
        message: 'Your bank did not confirm the card. Try again, or use another one.',
        confirm_url: null,
      });
    }
  }, [pay, fail]);

  return (
    <LinkStates
      link={link}
      loading={<LinkSkeleton label="Loading the invoice" title="h-10 w-48" body="h-64" />}
    >
      {(page) => (
        <>
          <MoneyHeader page={page} title={formatMoney(page.state === 'paid' ? page.total : page.due)}>
            {page.number === null ? null : <p className="text-sm text-muted">Invoice {page.number}</p>}
          </MoneyHeader>
          <InvoiceLines lines={page.lines} />
          <Status page={page} outcome={outcome} />
          {page.state === 'open' && outcome?.outcome !== 'under_way' ? (
            <Card>
              <CardBody className="pt-4">
                <CardFields
                  key={tries}
                  path={path}
                  apiUrl={apiUrl}
                  stripeJsUrl={stripeJsUrl}
                  label={`Pay ${formatMoney(page.due)}`}
                  note="It is kept for the next periods of your subscription."
                  onConfirmed={pay}
                />
              </CardBody>
            </Card>
          ) : null}
        </>
      )}
    </LinkStates>
  );
}

function Status({ page, outcome }: { page: PayPage; outcome: PayOutcome | undefined }) {
  if (page.state === 'paid') {
    return (
      <Notice tone="success" className="flex items-center gap-2">
        <CircleCheck aria-hidden className="size-4 shrink-0" />
        Paid. Thank you: everything goes on as before.
      </Notice>
    );
  }
  if (page.state === 'closed') {
    return <Notice>There is nothing to pay any more.</Notice>;
  }
  if (page.state === 'under_way' || outcome?.outcome === 'under_way') {
    return <Notice>Your bank has not answered yet. You will get a mail; please do not pay twice.</Notice>;
  }
  if (outcome?.outcome === 'requires_action') {
    return <ConfirmNotice {...outcome} />;
  }
  if (outcome?.outcome === 'declined') {
    return (
      <Notice tone="danger">{outcome.message ?? 'Your bank declined the card. Try another one.'}</Notice>
    );
  }
  return page.needs_new_card ? (
    <Notice tone="warning">Your bank does not accept the card any more. Please use another one.</Notice>
  ) : null;
}
