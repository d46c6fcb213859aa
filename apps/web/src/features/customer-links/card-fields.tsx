'use client';

import { Button } from '@billingos/ui/components/button';
import { Notice } from '@billingos/ui/components/notice';
import { Skeleton } from '@billingos/ui/components/skeleton';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { ask, messageOf, type CardForm } from './customer-api.ts';
import { loadStripe, type CardElements, type StripeJs } from './stripe-js.ts';

type CardFieldsProps = {
  /** Of the page whose link was followed: `pay/…`. */
  path: string;
  apiUrl: string;
  stripeJsUrl: string;
  label: string;
  /** What becomes of the card, besides that Stripe alone sees it. */
  note?: string;
  /** Called before the bank may send the person away, to come back to this address. */
  onConfirm?: () => void;
  /** Pays with the card that was confirmed. Throws what the API refuses. */
  onConfirmed: (setupIntent: string) => Promise<void>;
};

type Ready = { stripe: StripeJs; elements: CardElements; clientSecret: string };

/** Stripe's card fields, and the button that confirms and pays. The card never passes this page's server. */
export function CardFields(props: CardFieldsProps) {
  const { path, apiUrl, stripeJsUrl, label, note, onConfirm, onConfirmed } = props;
  const place = useRef<HTMLDivElement>(null);
  const [ready, setReady] = useState<Ready>();
  const [error, setError] = useState<string>();
  const [pending, setPending] = useState(false);

  useEffect(() => {
    let gone = false;
    const open = async () => {
      const form = await ask<CardForm>(apiUrl, `${path}/card-form`, {});
      const stripe = await loadStripe(stripeJsUrl, form);
      if (gone || place.current === null) return;
      const dark = document.documentElement.classList.contains('dark');
      const elements = stripe.elements({
        clientSecret: form.client_secret,
        appearance: { theme: dark ? 'night' : 'stripe' },
      });
      elements.create('payment').mount(place.current);
      setReady({ stripe, elements, clientSecret: form.client_secret });
    };
    open().catch((reason: unknown) => setError(messageOf(reason)));
    return () => {
      gone = true;
    };
  }, [apiUrl, path, stripeJsUrl]);

  const confirm = async (event: FormEvent) => {
    event.preventDefault();
    if (ready === undefined || pending) return;
    setPending(true);
    setError(undefined);
    try {
      const submitted = await ready.elements.submit();
      if (submitted.error) throw new Error(submitted.error.message ?? 'Please complete the card.');
      onConfirm?.();
      const { error: refused, setupIntent } = await ready.stripe.confirmSetup({
        elements: ready.elements,
        clientSecret: ready.clientSecret,
        confirmParams: { return_url: location.href.replace(/[?#].*$/, '') },
        redirect: 'if_required',
      });
      if (refused || setupIntent === undefined) {
        throw new Error(refused?.message ?? 'Your bank declined the card. Try another one.');
      }
      await onConfirmed(setupIntent.id);
    } catch (reason) {
      setError(messageOf(reason));
    }
    setPending(false);
  };

  return (
    <form onSubmit={(event) => void confirm(event)} className="grid gap-4">
      {ready === undefined && error === undefined ? (
        <div role="status" aria-label="Loading the card form" className="grid gap-3">
          <Skeleton className="h-11" />
          <Skeleton className="h-11" />
        </div>
      ) : null}
      <div ref={place} />
      {error === undefined ? null : <Notice tone="danger">{error}</Notice>}
      <Button type="submit" variant="primary" size="lg" pending={pending} disabled={ready === undefined}>
        {label}
      </Button>
      <p className="text-xs text-muted">
        Your card goes to Stripe, not to us.{note === undefined ? null : ` ${note}`}
      </p>
    </form>
  );
}

/** The card that was confirmed on the bank's page, when that is where the person has just come back from. Said once. */
export function takeConfirmedCard(): { setupIntent: string; succeeded: boolean } | undefined {
  const query = new URLSearchParams(location.search);
  const setupIntent = query.get('setup_intent');
  if (setupIntent === null) return undefined;
  history.replaceState(null, '', location.pathname);
  return { setupIntent, succeeded: query.get('redirect_status') === 'succeeded' };
}
