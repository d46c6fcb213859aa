'use client';

import { Button } from '@billingos/ui/components/button';
import { Card, CardBody } from '@billingos/ui/components/card';
import { Notice } from '@billingos/ui/components/notice';
import { useRef, useState } from 'react';
import { formatMoney } from '../../formatting/money.ts';
import { PackCountField } from '../credit-packs/pack-count-field.tsx';
import { packCount, priceOfPacks } from '../credit-packs/pack-count.ts';
import { CardFields } from '../customer-links/card-fields.tsx';
import { messageOf, Refused, type TopUpPage } from '../customer-links/customer-api.ts';
import { PackChoice } from './pack-choice.tsx';
import { keepWish, type Wish } from './wish.ts';

/** As many as the API sells at once to whoever holds a link. */
const packsMax = 100;

type BuyFormProps = {
  /** The purchase before: what follows it is another one, with a key and a card form of its own. */
  after: string;
  page: TopUpPage;
  path: string;
  apiUrl: string;
  stripeJsUrl: string;
  /** Throws what the API refuses. */
  onBuy: (wish: Wish, setupIntent?: string) => Promise<void>;
  /** What is shown is not sold any more. */
  onOutdated: () => void;
};

/** A pack, how many of it, and a card: the saved one, or a new one. */
export function BuyForm({ after, page, path, apiUrl, stripeJsUrl, onBuy, onOutdated }: BuyFormProps) {
  const packs = page.packs.toSorted((a, b) => a.credits - b.credits);
  const [chosen, setChosen] = useState(packs[0]?.id ?? '');
  const [typed, setTyped] = useState('1');
  const [withNewCard, setWithNewCard] = useState(page.saved_card === null);
  const [refusal, setRefusal] = useState<string>();
  const [pending, setPending] = useState(false);
  const wish = useRef<Wish & { after: string }>(undefined);

  const pack = packs.find(({ id }) => id === chosen) ?? packs[0];
  const count = packCount(typed, packsMax);
  const total = pack && count !== undefined ? priceOfPacks(pack.price, count) : undefined;

  /** The same for as long as the same is wished: asked twice, it is charged once. */
  const wished = (): Wish | undefined => {
    if (pack === undefined || count === undefined) return undefined;
    const { current: last } = wish;
    if (last?.after !== after || last.pack !== pack.id || last.packs !== count) {
      wish.current = { key: crypto.randomUUID(), pack: pack.id, packs: count, after };
    }
    return wish.current;
  };
  const buy = async (setupIntent?: string) => {
    const current = wished();
    if (current === undefined) throw new Error(`Enter how many packs, 1 to ${packsMax}.`);
    setRefusal(undefined);
    try {
      await onBuy(current, setupIntent);
    } catch (error) {
      if (error instanceof Refused && error.code === 'card_needed') setWithNewCard(true);
      if (error instanceof Refused && error.code === 'credit_pack_archived') onOutdated();
      throw error;
    }
  };
  const payWithSaved = async () => {
    setPending(true);
    try {
      await buy();
    } catch (error) {
      setRefusal(messageOf(error));
    }
    setPending(false);
  };
  const label = total ? `Pay ${formatMoney(total)}` : 'Pay';
  return (
    <div className="grid gap-4">
      <PackChoice packs={packs} chosen={pack?.id ?? ''} onChoose={setChosen} />
      <div className="max-w-28">
        <PackCountField typed={typed} onType={setTyped} max={packsMax} />
      </div>
      <Card>
        <CardBody className="grid gap-4 pt-4">
          {refusal === undefined ? null : <Notice tone="danger">{refusal}</Notice>}
          {withNewCard ? (
            <CardFields
              key={after}
              path={path}
              apiUrl={apiUrl}
              stripeJsUrl={stripeJsUrl}
              label={label}
              onConfirm={() => {
                const current = wished();
                if (current) keepWish(current);
              }}
              onConfirmed={buy}
            />
          ) : (
            <>
              <p className="text-sm">
                <span className="text-muted">Charged to</span> {cardWords(page.saved_card)}
              </p>
              <Button
                variant="primary"
                size="lg"
                pending={pending}
                disabled={!total}
                onClick={() => void payWithSaved()}
              >
                {label}
              </Button>
            </>
          )}
          {page.saved_card === null ? null : (
            <Button variant="ghost" size="sm" onClick={() => setWithNewCard(!withNewCard)}>
              {withNewCard ? `Use ${cardWords(page.saved_card)}` : 'Use another card'}
            </Button>
          )}
        </CardBody>
      </Card>
    </div>
  );
}

/** "Visa ending in 4242" */
function cardWords(card: TopUpPage['saved_card']): string {
  if (card === null) return 'your card';
  const brand = card.brand.charAt(0).toUpperCase() + card.brand.slice(1);
  return card.last4 === null ? brand : `${brand} ending in ${card.last4}`;
}
