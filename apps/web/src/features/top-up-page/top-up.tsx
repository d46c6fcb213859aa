'use client';

import { Notice } from '@billingos/ui/components/notice';
import { textLink } from '@billingos/ui/text-link';
import { useCallback, useEffect, useState } from 'react';
import { formatExact } from '../../formatting/numbers.ts';
import { takeConfirmedCard } from '../customer-links/card-fields.tsx';
import { ask, messageOf, type TopUpPage, type TopUpPurchase } from '../customer-links/customer-api.ts';
import { LinkSkeleton, LinkStates } from '../customer-links/link-states.tsx';
import { MoneyHeader } from '../customer-links/money-header.tsx';
import { useLinkPage } from '../customer-links/use-link-page.ts';
import { BuyForm } from './buy-form.tsx';
import { PurchaseNotice } from './purchase-notice.tsx';
import { PurchasesBefore } from './purchases-before.tsx';
import { takeWish, type Wish } from './wish.ts';

type TopUpProps = { token: string; apiUrl: string; stripeJsUrl: string };

/** What credits there are, and packs to buy more. */
export function TopUp({ token, apiUrl, stripeJsUrl }: TopUpProps) {
  const path = `top-up/${token}`;
  const [purchase, setPurchase] = useState<TopUpPurchase>();
  const [refusal, setRefusal] = useState<string>();
  // Whoever left while the bank thought about it finds that again.
  const resume = useCallback(
    ({ purchases }: TopUpPage) => setPurchase((known) => known ?? purchases.find(isUndecided)),
    [],
  );
  const link = useLinkPage<TopUpPage>(apiUrl, path, resume);
  const { load } = link;

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

  useEffect(() => {
    const card = takeConfirmedCard();
    if (card === undefined) return;
    const wish = takeWish();
    if (wish === undefined || !card.succeeded) {
      setRefusal('Your bank did not confirm the card. Nothing was charged.');
      return;
    }
    buy(wish, card.setupIntent).catch((reason: unknown) => setRefusal(messageOf(reason)));
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

  return (
    <LinkStates
      link={link}
      loading={<LinkSkeleton label="Loading your credits" title="h-10 w-48" body="h-64" />}
    >
      {(page) => (
        <>
          <MoneyHeader
            page={page}
            title={`${formatExact(page.balance)} ${page.balance === 1 ? 'credit' : 'credits'}`}
          >
            <p className="text-sm text-muted">left to use</p>
          </MoneyHeader>
          {purchase ? <PurchaseNotice purchase={purchase} /> : null}
          {refusal === undefined ? null : <Notice tone="danger">{refusal}</Notice>}
          {page.is_open && page.packs.length > 0 ? (
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
      )}
    </LinkStates>
  );
}

function isUndecided({ state }: TopUpPurchase): boolean {
  return state === 'under_way' || state === 'confirm';
}
