'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Button } from '@billingos/ui/components/button';
import { Card, CardBody } from '@billingos/ui/components/card';
import { Notice } from '@billingos/ui/components/notice';
import { Skeleton } from '@billingos/ui/components/skeleton';
import { CircleCheck } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { formatMoney } from '../../formatting/money.ts';
import { CardFields } from './card-fields.tsx';
import { ask, Refused, type PayOutcome, type PayPage } from './customer-api.ts';
import { InvoiceLines } from './invoice-lines.tsx';
import { LinkProblem } from './link-problem.tsx';

type PayProps = { token: string; apiUrl: string; stripeJsUrl: string };

/** What is owed, and a card form to pay it with. */
export function Pay({ token, apiUrl, stripeJsUrl }: PayProps) {
  const [page, setPage] = useState<PayPage>();
  const [outcome, setOutcome] = useState<PayOutcome>();
  const [problem, setProblem] = useState<Error>();
  const [tries, setTries] = useState(0);

  const load = useCallback(() => {
    setProblem(undefined);
    ask<PayPage>(apiUrl, `pay/${token}`).then(setPage, setProblem);
  }, [apiUrl, token]);
  useEffect(load, [load]);

  const pay = useCallback(
    async (setupIntent: string) => {
      const answer = await ask<PayOutcome>(apiUrl, `pay/${token}/pay`, { setup_intent: setupIntent });
      setOutcome(answer);
      // Each confirmed card used its form up.
      setTries((count) => count + 1);
      if (answer.outcome === 'paid' || answer.outcome === 'closed') load();
    },
    [apiUrl, token, load],
  );

  // Back from the bank's page, where the card was confirmed.
  useEffect(() => {
    const query = new URLSearchParams(location.search);
    const setupIntent = query.get('setup_intent');
    if (setupIntent === null) return;
    history.replaceState(null, '', location.pathname);
    if (query.get('redirect_status') === 'succeeded') {
      pay(setupIntent).catch(setProblem);
    } else {
      setOutcome({
        outcome: 'declined',
        message: 'Your bank did not confirm the card. Try again, or use another one.',
        confirm_url: null,
      });
    }
  }, [pay]);

  if (problem !== undefined) {
    return <LinkProblem message={problem.message} onRetry={problem instanceof Refused ? undefined : load} />;
  }
  if (page === undefined) {
    return (
      <div role="status" aria-label="Loading the invoice" className="grid gap-4">
        <Skeleton className="w-32" />
        <Skeleton className="h-10 w-48" />
        <Skeleton className="h-64" />
      </div>
    );
  }
  return (
    <>
      <header className="grid gap-1">
        <p className="flex flex-wrap items-center gap-2 text-sm text-muted">
          <span className="min-w-0 break-words">{page.merchant}</span>
          {page.is_test ? <Badge tone="warning">Test</Badge> : null}
        </p>
        <h1 className="text-3xl font-semibold tracking-tight tabular-nums">
          {formatMoney(page.state === 'paid' ? page.total : page.due)}
        </h1>
        {page.number === null ? null : <p className="text-sm text-muted">Invoice {page.number}</p>}
      </header>
      <InvoiceLines lines={page.lines} />
      <Status page={page} outcome={outcome} />
      {page.state === 'open' && outcome?.outcome !== 'under_way' ? (
        <Card>
          <CardBody className="pt-4">
            <CardFields
              key={tries}
              path={`pay/${token}`}
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
    return (
      <Notice tone="warning" className="grid gap-2">
        {outcome.message ?? 'Your bank wants you to confirm this payment.'}
        {outcome.confirm_url === null ? null : (
          <Button asChild className="justify-self-start">
            <a href={outcome.confirm_url} rel="noreferrer">
              Confirm with your bank
            </a>
          </Button>
        )}
      </Notice>
    );
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
