import type { Includable } from './http/expand.ts';
import { listOf } from './http/pagination.ts';
import type { Route } from './http/route.ts';
import { accountRoutes } from './resources/accounts.ts';
import { activeEntitlementRoutes } from './resources/active-entitlements.ts';
import { couponRoutes } from './resources/coupons.ts';
import { creditNoteRoutes } from './resources/credit-notes.ts';
import { disputeRoutes } from './resources/disputes.ts';
import { refundRoutes } from './resources/refunds.ts';
import { taxIdRoutes, taxIdsOf } from './resources/tax-ids.ts';
import { customerBalanceRoutes } from './resources/customer-balance.ts';
import { invoiceItemRoutes } from './resources/invoice-items.ts';
import { checkoutSessionRoutes, lineItemList } from './resources/checkout-sessions.ts';
import { customerRoutes } from './resources/customers.ts';
import { eventRoutes } from './resources/events.ts';
import { featureRoutes } from './resources/features.ts';
import { confirmationSecret, paymentList } from './resources/invoice-states.ts';
import { invoiceRoutes } from './resources/invoices.ts';
import { meterEventRoutes } from './resources/meter-events.ts';
import { meterRoutes } from './resources/meters.ts';
import { paymentIntentRoutes } from './resources/payment-intents.ts';
import { paymentMethodRoutes } from './resources/payment-methods.ts';
import { portalSessionRoutes } from './resources/portal-sessions.ts';
import { priceRoutes } from './resources/prices.ts';
import { productRoutes } from './resources/products.ts';
import { setupIntentRoutes } from './resources/setup-intents.ts';
import { subscriptionRoutes } from './resources/subscriptions.ts';
import { subscriptionScheduleRoutes } from './resources/subscription-schedules.ts';
import { taxRateRoutes } from './resources/tax-rates.ts';
import { testClockRoutes } from './resources/test-clocks.ts';
import { webhookEndpointRoutes } from './resources/webhook-endpoints.ts';

/** Every operation of the API that is served. */
export const routes: readonly Route[] = [
  ...accountRoutes,
  ...activeEntitlementRoutes,
  ...checkoutSessionRoutes,
  ...couponRoutes,
  ...creditNoteRoutes,
  ...customerBalanceRoutes,
  ...customerRoutes,
  ...disputeRoutes,
  ...eventRoutes,
  ...featureRoutes,
  ...invoiceItemRoutes,
  ...invoiceRoutes,
  ...meterEventRoutes,
  ...meterRoutes,
  ...paymentIntentRoutes,
  ...paymentMethodRoutes,
  ...portalSessionRoutes,
  ...priceRoutes,
  ...productRoutes,
  ...refundRoutes,
  ...setupIntentRoutes,
  ...subscriptionRoutes,
  ...subscriptionScheduleRoutes,
  ...taxIdRoutes,
  ...taxRateRoutes,
  ...testClockRoutes,
  ...webhookEndpointRoutes,
];

/** The fields that Stripe shows only when `expand` asks for them. */
export const includable: Includable = {
  customer: {
    sources: (_context, id) => listOf([], `/v1/customers/${id}/sources`),
    subscriptions: ({ data }, id) =>
      listOf(
        data
          .of('subscription', id)
          .filter(({ status }) => status !== 'canceled')
          .reverse(),
        `/v1/customers/${id}/subscriptions`,
      ),
    tax: () => ({
      automatic_tax: 'unrecognized_location',
      ip_address: null,
      location: null,
      provider: 'stripe',
    }),
    tax_ids: (context, id) => listOf([...taxIdsOf(context, id)].reverse(), `/v1/customers/${id}/tax_ids`),
  },
  invoice: { confirmation_secret: confirmationSecret, payments: paymentList },
  'checkout.session': { line_items: lineItemList },
  price: {
    currency_options: ({ data }, id) => data.get('_price_detail', id)?.currency_options,
    tiers: ({ data }, id) => data.get('_price_detail', id)?.tiers,
  },
  charge: {
    refunds: ({ data }, id) =>
      listOf(
        [...data.all('refund')].filter(({ charge }) => charge === id).reverse(),
        `/v1/charges/${id}/refunds`,
      ),
  },
};
