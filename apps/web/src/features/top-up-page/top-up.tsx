'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Notice } from '@billingos/ui/components/notice';
import { Skeleton } from '@billingos/ui/components/skeleton';
import { textLink } from '@billingos/ui/text-link';
import { useCallback, useEffect, useState } from 'react';
import { formatExact } from '../../formatting/numbers.ts';
import { ask, Refused, type TopUpPage, type TopUpPurchase } from '../pay/customer-api.ts';
import { LinkProblem } from '../pay/link-problem.tsx';
import { BuyForm } from './buy-form.tsx';
import { PurchaseNotice } from './purchase-notice.tsx';
import { PurchasesBefore } from './purchases-before.tsx';
import { takeWish, type Wish } from './wish.ts';

type TopUpProps = { token: string; apiUrl: string; stripeJsUrl: string };

/** What credits there are, and packs to buy more. */
export function TopUp({ token, apiUrl, stripeJsUrl }: TopUpProps) {
  const path = `top-up/${token}`;
  const [page, setPage] = useState<TopUpPage>();
  const [problem, setProblem] = useState<Error>();
  const [purchase, setPurchase] = useState<TopUpPurchase>();
  const [refusal, setRefusal] = useState<string>();

  const load = useCallback(() => {
    setProblem(undefined);
    ask<TopUpPage>(apiUrl, path).then((read) => {
      setPage(read);
      // Whoever left while the bank thought about it finds that again.
      setPurchase((known) => known ?? read.purchases.find(isUndecided));
    }, setProblem);
  }, [apiUrl, path]);
  useEffect(load, [load]);

  const settle = useCallback(
    (bought: TopUpPurchase) => {
      setPurchase(bought);
      if (bought.state === 'paid') load();
    },
    [load],
  );

  const buy = useCallback(
    async ({ key, pack, packs }: Wish, setupIntent?: string) => {
      setRefusal(undefined);
      const body = {
        idempotency_key: key,
        pack,
        packs,
        ...(setupIntent === undefined ? {} : { setup_intent: setupIntent }),
      };
      settle(await ask<TopUpPurchase>(apiUrl, `${path}/buy`, body));
    },
    [apiUrl, path, settle],
  );

  // Back from the bank's page, where a new card was confirmed.
  useEffect(() => {
    const query = new URLSearchParams(location.search);
    const setupIntent = query.get('setup_intent');
    if (setupIntent === null) return;
    history.replaceState(null, '', location.pathname);
    const wish = takeWish();
    if (wish === undefined || query.get('redirect_status') !== 'succeeded') {
      setRefusal('Your bank did not confirm the card. Nothing was charged.');
      return;
    }
    buy(wish, setupIntent).catch((reason: unknown) =>
      setRefusal(reason instanceof Error ? reason.message : 'Something went wrong. Try again.'),
    );
  }, [buy]);

  // Asked less and less often: a bank may take minutes, and guesses at links are counted by address.
  useEffect(() => {
    if (purchase === undefined || !isUndecided(purchase)) return;
    let asked = 0;
    let timer: ReturnType<typeof setTimeout>;
    const again = () => {
      asked += 1;
      timer = setTimeout(
        () => void ask<TopUpPurchase>(apiUrl, `${path}/purchases/${purchase.id}`).then(follow, again),
        Math.min(2_000 * 1.4 ** asked, 30_000),
      );
    };
    const follow = (now: TopUpPurchase) => (now.state === purchase.state ? again() : settle(now));
    again();
    return () => clearTimeout(timer);
  }, [apiUrl, path, purchase, settle]);

  if (problem !== undefined) {
    return <LinkProblem message={problem.message} onRetry={problem instanceof Refused ? undefined : load} />;
  }
  if (page === undefined) {
    return (
      <div role="status" aria-label="Loading your credits" className="grid gap-4">
        <Skeleton className="w-32" />
        <Skeleton className="h-10 w-48" />
        <Skeleton className="h-64" />
      </div>
    );
  }
  const isSold = page.is_open && page.packs.length > 0;
  return (
    <>
      <header className="grid gap-1">
        <p className="flex flex-wrap items-center gap-2 text-sm text-muted">
          <span className="min-w-0 break-words">{page.merchant}</span>
          {page.is_test ? <Badge tone="warning">Test</Badge> : null}
        </p>
        <h1 className="text-3xl font-semibold tracking-tight tabular-nums">
          {formatExact(page.balance)} {page.balance === 1 ? 'credit' : 'credits'}
        </h1>
        <p className="text-sm text-muted">left to use</p>
      </header>
      {purchase ? <PurchaseNotice purchase={purchase} /> : null}
      {refusal === undefined ? null : <Notice tone="danger">{refusal}</Notice>}
      {isSold ? (
        purchase?.state === 'under_way' ? null : (
          <BuyForm
            after={purchase ? `${purchase.id} ${purchase.state}` : ''}
            page={page}
            path={path}
            apiUrl={apiUrl}
            stripeJsUrl={stripeJsUrl}
            onBuy={buy}
            onOutdated={load}
          />
        )
      ) : (
        <Notice>There are no credits to buy at the moment. Please ask {page.merchant}.</Notice>
      )}
      <PurchasesBefore purchases={page.purchases} />
      {page.return_url === null ? null : (
        <p className="text-sm">
          <a href={page.return_url} className={textLink}>
            Back to {page.merchant}
          </a>
        </p>
      )}
    </>
  );
}

function isUndecided({ state }: TopUpPurchase): boolean {
  return state === 'under_way' || state === 'confirm';
}
