import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { CallsStripe } from '../../platform/http/idempotency.interceptor.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam, pageFrom } from '../../platform/http/schemas.ts';
import {
  OtherCallUnderWay,
  PaymentFailed,
  StripeNotConnected,
  StripeRefused,
  StripeUnavailable,
} from '../../stripe/stripe.errors.ts';
import {
  PlanHasNoPrice,
  PlanNotFound,
  PriceNotChosen,
  PriceNotFound,
  PriceNotOnStripe,
} from '../catalog/catalog.errors.ts';
import { CustomerNotFound } from '../customers/customers.errors.ts';
import { CancelSubscription } from './cancel-subscription.ts';
import { CreateSubscription } from './create-subscription.ts';
import { OpenCheckout } from './open-checkout.ts';
import { AlreadySubscribed, SubscriptionEnded, SubscriptionNotFound } from './subscriptions.errors.ts';
import {
  cancelSubscription,
  checkoutSession,
  createCheckout,
  createSubscription,
  listSubscriptions,
  subscription,
  subscriptionPage,
  subscriptionsSummary,
} from './subscriptions.schemas.ts';
import { SubscriptionsService } from './subscriptions.service.ts';

const saleRefusals = [
  CustomerNotFound,
  PlanNotFound,
  PlanHasNoPrice,
  PriceNotFound,
  PriceNotOnStripe,
  PriceNotChosen,
  AlreadySubscribed,
  StripeNotConnected,
  StripeRefused,
  StripeUnavailable,
];

@Controller()
export class SubscriptionsController {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly creation: CreateSubscription,
    private readonly cancellation: CancelSubscription,
    private readonly checkout: OpenCheckout,
  ) {}

  /** Lists subscriptions, the newest first. */
  @Get('subscriptions')
  @Requires('subscriptions:read')
  @Returns(200, subscriptionPage)
  @Refuses(CustomerNotFound)
  async listSubscriptions(
    @EnvironmentId() environmentId: string,
    @Query({ schema: listSubscriptions }) query: z.output<typeof listSubscriptions>,
  ) {
    return pageFrom(await this.subscriptions.list(environmentId, query), query.limit);
  }

  @Get('subscriptions/summary')
  @Requires('subscriptions:read', { audience: 'dashboard' })
  @Returns(200, subscriptionsSummary)
  getSubscriptionsSummary(@EnvironmentId() environmentId: string) {
    return this.subscriptions.summary(environmentId);
  }

  /** Subscribes a customer, charging the payment method they have or bring. A failed payment changes nothing. */
  @Post('subscriptions')
  @Requires('subscriptions:write')
  @CallsStripe()
  @Returns(201, subscription)
  @Refuses(...saleRefusals, PaymentFailed, OtherCallUnderWay)
  createSubscription(
    @EnvironmentId() environmentId: string,
    @Body({ schema: createSubscription }) body: z.output<typeof createSubscription>,
  ) {
    return this.creation.create(environmentId, body);
  }

  @Get('subscriptions/:id')
  @Requires('subscriptions:read')
  @Returns(200, subscription)
  @Refuses(SubscriptionNotFound)
  getSubscription(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.subscriptions.get(environmentId, id);
  }

  /** Ends a subscription at the end of its period, or now. */
  @Post('subscriptions/:id/cancel')
  @Requires('subscriptions:write')
  @CallsStripe()
  @Returns(200, subscription)
  @Refuses(SubscriptionNotFound, SubscriptionEnded, StripeNotConnected, StripeRefused, StripeUnavailable)
  cancelSubscription(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
    @Body({ schema: cancelSubscription }) body: z.output<typeof cancelSubscription>,
  ) {
    return this.cancellation.cancel(environmentId, id, body.when);
  }

  /** Opens Stripe's hosted page, where the customer pays. One that was open for the customer before is closed. */
  @Post('checkout/sessions')
  @Requires('checkout:write')
  @CallsStripe()
  @Returns(201, checkoutSession)
  @Refuses(...saleRefusals)
  createCheckoutSession(
    @EnvironmentId() environmentId: string,
    @Body({ schema: createCheckout }) body: z.output<typeof createCheckout>,
  ) {
    return this.checkout.open(environmentId, body);
  }
}
