import type Stripe from 'stripe';
import { idOrNull, type Listed } from './listed.ts';

export type Account = Listed<Stripe.Account>;
export type Customer = Listed<Stripe.Customer>;
export type PaymentMethod = Listed<Stripe.PaymentMethod>;
export type Product = Listed<Stripe.Product>;
export type Price = Listed<Stripe.Price>;
export type SubscriptionItem = Listed<Stripe.SubscriptionItem, { price: Price }>;
type PendingUpdate = Listed<
  Stripe.Subscription.PendingUpdate,
  { subscription_items: SubscriptionItem[] | null }
>;
export type Subscription = Listed<
  Stripe.Subscription,
  { items: Stripe.ApiList<SubscriptionItem>; pending_update: PendingUpdate | null }
>;
export type InvoiceLine = Listed<Stripe.InvoiceLineItem>;
export type Invoice = Listed<Stripe.Invoice, { lines: Stripe.ApiList<InvoiceLine> }>;
export type InvoicePayment = Listed<Stripe.InvoicePayment>;
export type PaymentIntent = Listed<Stripe.PaymentIntent>;
export type Charge = Listed<Stripe.Charge>;
export type SetupIntent = Listed<Stripe.SetupIntent>;
export type LineItem = Listed<Stripe.LineItem, { price: Price }>;
export type CheckoutSession = Listed<Stripe.Checkout.Session>;
export type Meter = Listed<Stripe.Billing.Meter>;
export type MeterEvent = Listed<Stripe.Billing.MeterEvent>;
export type MeterEventSummary = Listed<Stripe.Billing.MeterEventSummary>;
export type Feature = Listed<Stripe.Entitlements.Feature>;
export type ProductFeature = Listed<Stripe.ProductFeature>;
export type ActiveEntitlement = Listed<Stripe.Entitlements.ActiveEntitlement>;
export type WebhookEndpoint = Listed<Stripe.WebhookEndpoint>;
export type TestClock = Listed<Stripe.TestHelpers.TestClock>;

export type Schedule = Listed<Stripe.SubscriptionSchedule>;
export type CreditNoteLine = Listed<Stripe.CreditNoteLineItem>;
export type CreditNote = Listed<Stripe.CreditNote, { lines: Stripe.ApiList<CreditNoteLine> }>;
export type Dispute = Listed<Stripe.Dispute>;
export type Refund = Listed<Stripe.Refund>;
export type TaxRate = Listed<Stripe.TaxRate>;
export type TaxId = Listed<Stripe.TaxId>;
export type PortalSession = Listed<Stripe.BillingPortal.Session>;
export type Coupon = Listed<Stripe.Coupon>;
export type PromotionCode = Listed<Stripe.PromotionCode>;
export type Discount = Listed<Stripe.Discount>;
export type InvoiceItem = Listed<Stripe.InvoiceItem>;
export type BalanceTransaction = Listed<Stripe.CustomerBalanceTransaction>;

/** A change of a subscription that counts once its invoice is paid. */
export interface PendingChange {
  id: string;
  invoice: string;
  changes: Partial<Subscription>;
}

/** An event of any type: Stripe declares one interface for each, of which this is the common part. */
export type Event = Listed<Stripe.EventBase>;

/** What a checkout session was asked to make once it is paid. */
export interface CheckoutPlan {
  id: string;
  items: LineItem[];
  subscription: {
    metadata: Record<string, string>;
    description: string | null;
    trial_end: number | null;
    trial_period_days: number | null;
    missing_payment_method: 'cancel' | 'create_invoice' | 'pause';
    discounts: { coupon?: string | undefined; promotion_code?: string | undefined }[];
    default_tax_rates: string[];
    automatic_tax: boolean;
  };
  payment_metadata: Record<string, string>;
  payment_future_usage: 'off_session' | 'on_session' | null;
  setup_metadata: Record<string, string>;
}

/** The parts of a price that are shown only when asked for by `expand`. */
export interface PriceDetail {
  id: string;
  tiers: Stripe.Price.Tier[] | undefined;
  currency_options: Record<string, Stripe.Price.CurrencyOptions> | undefined;
}

/** A meter event as counted. */
export interface MeterReading {
  id: string;
  /** What the event was sent under, by which it can be cancelled. */
  identifier: string;
  meter: string;
  customer: string;
  value: number;
  timestamp: number;
}

/** How refused renewals are retried: after how many days each, and what becomes of the subscription then. */
export interface Recovery {
  id: string;
  retry_after_days: number[];
  outcome: 'cancel' | 'past_due' | 'unpaid';
}

/** The answer saved under an idempotency key. */
export interface SavedAnswer {
  id: string;
  method: string;
  path: string;
  params: string;
  status: number;
  body: string;
  request: string;
  created: number;
}

/** One event on its way to one endpoint. */
export interface Delivery {
  id: string;
  event: string;
  /** A webhook endpoint's id, or the name of a forwarding target. */
  endpoint: string;
  state: 'pending' | 'delivered' | 'failed';
  attempts: number;
  /** Milliseconds since the epoch; retries wait in real time, whatever the clock of the data says. */
  due_ms: number;
  response_status: number | null;
  error: string | null;
}

/** The kinds of things a data set holds. Names that start with `_` are not objects of Stripe's API. */
export interface Tables {
  account: Account;
  customer: Customer;
  payment_method: PaymentMethod;
  product: Product;
  price: Price;
  subscription: Subscription;
  invoice: Invoice;
  invoice_payment: InvoicePayment;
  payment_intent: PaymentIntent;
  charge: Charge;
  setup_intent: SetupIntent;
  'checkout.session': CheckoutSession;
  'billing.meter': Meter;
  'entitlements.feature': Feature;
  'entitlements.active_entitlement': ActiveEntitlement;
  product_feature: ProductFeature;
  event: Event;
  coupon: Coupon;
  customer_balance_transaction: BalanceTransaction;
  discount: Discount;
  invoiceitem: InvoiceItem;
  credit_note: CreditNote;
  dispute: Dispute;
  'billing_portal.session': PortalSession;
  promotion_code: PromotionCode;
  refund: Refund;
  tax_id: TaxId;
  tax_rate: TaxRate;
  subscription_schedule: Schedule;
  'test_helpers.test_clock': TestClock;
  webhook_endpoint: WebhookEndpoint;
  _deleted: { id: string; object: string; deleted: true };
  _account_link: {
    id: string;
    account: string;
    return_url: string;
    refresh_url: string;
    expires_at: number;
    used: boolean;
  };
  /** What an item of a subscription was last billed at for a whole period that began at `start`. */
  _billed: { id: string; amount: number; start: number };
  _card: { id: string; number: string; set_up: boolean };
  _checkout: CheckoutPlan;
  _coupon_products: { id: string; products: string[] };
  /** When a bank decides about a payment intent that is processing. */
  _debit: { id: string; at: number };
  _deleted_coupon: Coupon;
  _pending_change: PendingChange;
  _clock: { id: string; offset: number };
  _price_detail: PriceDetail;
  _entitlement_owner: { id: string; customer: string };
  /** The features a subscription grants while it runs, as its products had them at its last billing. */
  _grant: { id: string; features: string[] };
  _identifier: { id: string; received: number };
  _product_feature_owner: { id: string; product: string };
  _webhook_secret: { id: string; secret: string; connect: boolean };
  _reading: MeterReading;
  _recovery: Recovery;
  /** The end of a trial that was announced. */
  _trial_notice: { id: string; trial_end: number | null };
  _delivery: Delivery;
  _answer: SavedAnswer;
}

export type Kind = keyof Tables;

/** By which objects these are found without looking at all of their kind. */
const HOLDERS = {
  subscription: ({ customer }) => [idOrNull(customer)],
  invoice: ({ customer }) => [idOrNull(customer)],
  invoice_payment: ({ invoice, payment }) => [idOrNull(invoice), idOrNull(payment.payment_intent)],
  invoiceitem: ({ customer }) => [idOrNull(customer)],
  payment_method: ({ customer }) => [idOrNull(customer)],
  _entitlement_owner: ({ customer }) => [customer],
  _reading: ({ customer }) => [customer],
} satisfies { [K in Kind]?: (document: Tables[K]) => (string | null)[] };

/** The names of all tables. */
export function kindsOf(tables: { [K in Kind]: unknown }): Kind[] {
  // Nothing else is ever in the record.
  return Object.keys(tables) as Kind[];
}

export type HeldKind = keyof typeof HOLDERS;

/** The ids of the objects that a document belongs to. */
export function holdersOf<K extends Kind>(kind: K, document: Tables[K]): string[] {
  const holders: { [H in Kind]?: (held: Tables[H]) => (string | null)[] } = HOLDERS;
  return holders[kind]?.(document).filter((id) => id !== null) ?? [];
}

/** An empty table of each kind. */
export function emptyTables(): { [K in Kind]: Map<string, Tables[K]> } {
  return {
    account: new Map(),
    customer: new Map(),
    payment_method: new Map(),
    product: new Map(),
    price: new Map(),
    subscription: new Map(),
    invoice: new Map(),
    invoice_payment: new Map(),
    payment_intent: new Map(),
    charge: new Map(),
    setup_intent: new Map(),
    'checkout.session': new Map(),
    'billing.meter': new Map(),
    'entitlements.feature': new Map(),
    'entitlements.active_entitlement': new Map(),
    product_feature: new Map(),
    event: new Map(),
    coupon: new Map(),
    customer_balance_transaction: new Map(),
    discount: new Map(),
    invoiceitem: new Map(),
    credit_note: new Map(),
    dispute: new Map(),
    'billing_portal.session': new Map(),
    promotion_code: new Map(),
    refund: new Map(),
    tax_id: new Map(),
    tax_rate: new Map(),
    subscription_schedule: new Map(),
    'test_helpers.test_clock': new Map(),
    webhook_endpoint: new Map(),
    _deleted: new Map(),
    _account_link: new Map(),
    _billed: new Map(),
    _card: new Map(),
    _checkout: new Map(),
    _coupon_products: new Map(),
    _debit: new Map(),
    _deleted_coupon: new Map(),
    _pending_change: new Map(),
    _clock: new Map(),
    _price_detail: new Map(),
    _entitlement_owner: new Map(),
    _grant: new Map(),
    _identifier: new Map(),
    _product_feature_owner: new Map(),
    _webhook_secret: new Map(),
    _reading: new Map(),
    _recovery: new Map(),
    _trial_notice: new Map(),
    _delivery: new Map(),
    _answer: new Map(),
  };
}
