type StripeError = { message?: string };
type PaymentElement = { mount(target: HTMLElement): void; on(event: 'ready', listener: () => void): void };
type Elements = {
  create(type: 'payment'): PaymentElement;
  submit(): Promise<{ error?: StripeError }>;
};
type SetupResult = { error?: StripeError; setupIntent?: { id: string; status: string } };

/** As much of Stripe.js as the card form needs. */
export type StripeJs = {
  elements(options: { clientSecret: string; appearance?: object }): Elements;
  confirmSetup(options: {
    elements: Elements;
    clientSecret: string;
    confirmParams: { return_url: string };
    redirect: 'if_required';
  }): Promise<SetupResult>;
};
export type CardElements = Elements;

declare global {
  interface Window {
    Stripe?: (key: string, options: { stripeAccount: string }) => StripeJs;
  }
}

let loading: Promise<void> | undefined;

/** Loads Stripe.js from where it is to come from: `@stripe/stripe-js` knows one address only. */
export async function loadStripe(
  url: string,
  account: { publishable_key: string; stripe_account: string },
): Promise<StripeJs> {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = url;
    script.onload = () => resolve();
    script.onerror = () => {
      loading = undefined;
      script.remove();
      reject(new Error('The card form could not be loaded. Check your connection and try again.'));
    };
    document.head.append(script);
  });
  await loading;
  if (window.Stripe === undefined) throw new Error('The card form could not be loaded. Try again.');
  return window.Stripe(account.publishable_key, { stripeAccount: account.stripe_account });
}
