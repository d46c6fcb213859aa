/**
 * A stand-in for Stripe.js: `Stripe(key).elements({ clientSecret })` with a Payment Element of plain inputs,
 * `confirmSetup`, `confirmPayment`, and retrieving intents. It asks the server that it was loaded from. The
 * card never passes the page's own server, as with Stripe.
 */
export const STRIPE_JS = `(() => {
  const origin = new URL(document.currentScript.src).origin;
  const call = async (path, fields) => {
    const answer = await fetch(origin + path, { method: 'POST', body: new URLSearchParams(fields) });
    return answer.json();
  };
  const input = (label, name, autocomplete, placeholder) => {
    const wrapper = document.createElement('label');
    wrapper.style.cssText = 'display:block;margin:0 0 .75rem;font-size:.875rem';
    wrapper.textContent = label;
    const field = document.createElement('input');
    field.name = name;
    field.autocomplete = autocomplete;
    field.placeholder = placeholder;
    field.inputMode = 'numeric';
    field.style.cssText = 'display:block;width:100%;box-sizing:border-box;margin-top:.25rem;padding:.6rem;font:inherit;color:inherit;background:transparent;border:1px solid #8886;border-radius:6px';
    wrapper.append(field);
    return { wrapper, field };
  };
  const paymentElement = () => {
    const listeners = {};
    const tell = (event, detail) => (listeners[event] ?? []).forEach((listener) => listener(detail));
    const parts = {
      card_number: input('Card number', 'card_number', 'cc-number', '4242 4242 4242 4242'),
      card_expiry: input('Expiry', 'card_expiry', 'cc-exp', 'MM / YY'),
      card_cvc: input('CVC', 'card_cvc', 'cc-csc', '123'),
    };
    const box = document.createElement('div');
    box.append(...Object.values(parts).map(({ wrapper }) => wrapper));
    const typed = () => Object.fromEntries(Object.entries(parts).map(([name, { field }]) => [name, field.value]));
    const complete = () => Object.values(typed()).every((value) => value.trim() !== '');
    box.addEventListener('input', () => tell('change', { elementType: 'payment', complete: complete(), empty: false, collapsed: false, value: { type: 'card' } }));
    const element = {
      typed,
      complete,
      mount(target) {
        (typeof target === 'string' ? document.querySelector(target) : target).replaceChildren(box);
        queueMicrotask(() => tell('ready', { elementType: 'payment' }));
        return element;
      },
      unmount() { box.remove(); },
      destroy() { box.remove(); },
      update() {},
      focus() { parts.card_number.field.focus(); },
      blur() {}, clear() {}, collapse() {},
      on(event, listener) { (listeners[event] ??= []).push(listener); return element; },
      off(event, listener) { listeners[event] = (listeners[event] ?? []).filter((known) => known !== listener); return element; },
      once(event, listener) { return element.on(event, listener); },
    };
    return element;
  };
  const incomplete = { error: { type: 'validation_error', code: 'incomplete_number', message: 'Your card number is incomplete.' } };
  const elementsOf = (options = {}) => {
    const made = {};
    return {
      clientSecret: options.clientSecret,
      create(type) { return (made[type] = paymentElement()); },
      getElement(type) { return made[type] ?? null; },
      update(changes) { Object.assign(options, changes); },
      async fetchUpdates() { return {}; },
      async submit() { return made.payment !== undefined && made.payment.complete() ? {} : incomplete; },
    };
  };
  const confirm = async (kind, { elements, clientSecret, confirmParams = {}, redirect = 'always' }) => {
    const element = elements?.getElement('payment');
    if (element && !element.complete()) return incomplete;
    const secret = clientSecret ?? elements?.clientSecret;
    const returnUrl = confirmParams.return_url ?? '';
    const saved = typeof confirmParams.payment_method === 'string' ? { payment_method: confirmParams.payment_method } : {};
    const answer = await call('/v3/confirm', { client_secret: secret, return_url: returnUrl, ...(element?.typed() ?? {}), ...saved });
    const intent = answer[kind];
    if (intent?.status === 'requires_action') {
      location.assign(origin + '/authenticate/' + intent.id);
      return new Promise(() => {});
    }
    if (answer.error || redirect === 'if_required') return answer;
    const back = new URL(returnUrl);
    back.searchParams.set(kind === 'setupIntent' ? 'setup_intent' : 'payment_intent', intent.id);
    back.searchParams.set(kind === 'setupIntent' ? 'setup_intent_client_secret' : 'payment_intent_client_secret', secret);
    back.searchParams.set('redirect_status', 'succeeded');
    location.assign(back);
    return new Promise(() => {});
  };
  const retrieve = (clientSecret) => call('/v3/retrieve', { client_secret: clientSecret });
  window.Stripe = Object.assign(
    () => ({
      elements: elementsOf,
      confirmSetup: (options) => confirm('setupIntent', options),
      confirmPayment: (options) => confirm('paymentIntent', options),
      retrieveSetupIntent: retrieve,
      retrievePaymentIntent: retrieve,
      registerAppInfo() {},
      _registerWrapper() {},
    }),
    { version: 3 },
  );
})();
`;
