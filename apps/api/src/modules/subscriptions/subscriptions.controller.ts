import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
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
  CouponArchived,
  CouponExpired,
  CouponNotFound,
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
import { ChangeSubscription } from './change-subscription.ts';
import { MoveTrial } from './move-trial.ts';
import { PauseSubscription } from './pause-subscription.ts';
import { SubscriptionSettings } from './subscription-settings.service.ts';
import {
  AlreadySubscribed,
  CannotPause,
  DateNotAhead,
  NotABasePlan,
  NotAnAddOn,
  NotBilledManually,
  NothingToChange,
  NotOnTrial,
  OfferNotFound,
  PaymentMethodNeeded,
  PlanArchived,
  PlanInOtherGroup,
  PreviewOutdated,
  RefundNeedsCreditNote,
  SubscriptionEnded,
  SubscriptionNotFound,
  SubscriptionNotOnStripe,
  TrialUsed,
} from './subscriptions.errors.ts';
import { UndoChange } from './undo-change.ts';
import {
  cancelSubscription,
  changePreview,
  changeSubscription,
  checkoutSession,
  extendTrial,
  pauseSubscription,
  subscriptionSettings,
  updateSubscriptionSettings,
  createCheckout,
  createSubscription,
  listSubscriptions,
  subscription,
  subscriptionPage,
  subscriptionsSummary,
} from './subscriptions.schemas.ts';
import { SubscriptionsService } from './subscriptions.service.ts';

const offerRefusals = [
  PlanNotFound,
  PlanHasNoPrice,
  PriceNotFound,
  PriceNotOnStripe,
  PriceNotChosen,
  OfferNotFound,
  PriceNotOnStripe,
  NotAnAddOn,
  PlanArchived,
  CouponNotFound,
  CouponArchived,
  CouponExpired,
];
const saleRefusals = [
  CustomerNotFound,
  ...offerRefusals,
  NotABasePlan,
  TrialUsed,
  PaymentMethodNeeded,
  AlreadySubscribed,
  StripeNotConnected,
  StripeRefused,
  StripeUnavailable,
];

const changeRefusals = [
  SubscriptionNotFound,
  SubscriptionEnded,
  SubscriptionNotOnStripe,
  OtherCallUnderWay,
  StripeNotConnected,
  StripeRefused,
  StripeUnavailable,
];
const planChangeRefusals = [
  ...changeRefusals,
  ...offerRefusals,
  PlanInOtherGroup,
  NothingToChange,
  PreviewOutdated,
];

@Controller()
export class SubscriptionsController {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly creation: CreateSubscription,
    private readonly cancellation: CancelSubscription,
    private readonly changes: ChangeSubscription,
    private readonly undoing: UndoChange,
    private readonly pauses: PauseSubscription,
    private readonly trials: MoveTrial,
    private readonly settings: SubscriptionSettings,
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
  @Refuses(...saleRefusals, NotBilledManually, PaymentFailed, OtherCallUnderWay)
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
  @Refuses(...changeRefusals, RefundNeedsCreditNote)
  cancelSubscription(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
    @Body({ schema: cancelSubscription }) body: z.output<typeof cancelSubscription>,
  ) {
    return this.cancellation.cancel(environmentId, id, { ...body, charges_usage: true });
  }

  /** Says what a change would charge, and what would be otherwise. Nothing changes. */
  @Post('subscriptions/:id/preview-change')
  @Requires('subscriptions:read')
  @CallsStripe()
  @Returns(200, changePreview)
  @Refuses(...planChangeRefusals)
  previewSubscriptionChange(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
    @Body({ schema: changeSubscription }) body: z.output<typeof changeSubscription>,
  ) {
    return this.changes.preview(environmentId, id, body);
  }

  /** Changes plan, interval, quantity, add-ons or coupon. A payment that fails leaves everything as it was. */
  @Post('subscriptions/:id/change')
  @Requires('subscriptions:write')
  @CallsStripe()
  @Returns(200, subscription)
  @Refuses(...planChangeRefusals, PaymentFailed)
  changeSubscription(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
    @Body({ schema: changeSubscription }) body: z.output<typeof changeSubscription>,
  ) {
    return this.changes.change(environmentId, id, body);
  }

  /** Takes back a change that was to come at the end of the period. */
  @Delete('subscriptions/:id/scheduled-change')
  @Requires('subscriptions:write')
  @Returns(200, subscription)
  @Refuses(...changeRefusals)
  undoScheduledChange(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.undoing.undo(environmentId, id);
  }

  /** Charges nothing and lets nothing be used until it is resumed, or until a date. */
  @Post('subscriptions/:id/pause')
  @Requires('subscriptions:write')
  @CallsStripe()
  @Returns(200, subscription)
  @Refuses(...changeRefusals, CannotPause, DateNotAhead)
  pauseSubscription(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
    @Body({ schema: pauseSubscription }) body: z.output<typeof pauseSubscription>,
  ) {
    return this.pauses.pause(environmentId, id, body.resumes_at);
  }

  /** Lets a subscription go on: ends a pause, or takes back that it was to end with its period. */
  @Post('subscriptions/:id/resume')
  @Requires('subscriptions:write')
  @CallsStripe()
  @Returns(200, subscription)
  @Refuses(...changeRefusals, PaymentFailed)
  resumeSubscription(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.pauses.resume(environmentId, id);
  }

  /** Sets the date at which a running trial ends. */
  @Post('subscriptions/:id/extend-trial')
  @Requires('subscriptions:write')
  @CallsStripe()
  @Returns(200, subscription)
  @Refuses(...changeRefusals, NotOnTrial, DateNotAhead)
  extendTrial(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
    @Body({ schema: extendTrial }) body: z.output<typeof extendTrial>,
  ) {
    return this.trials.move(environmentId, id, body.trial_end);
  }

  /** Ends a trial now and charges the first period. When that cannot be paid, the trial goes on. */
  @Post('subscriptions/:id/end-trial')
  @Requires('subscriptions:write')
  @CallsStripe()
  @Returns(200, subscription)
  @Refuses(...changeRefusals, NotOnTrial, PaymentFailed)
  endTrial(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.trials.move(environmentId, id, 'now');
  }

  @Get('subscription-settings')
  @Requires('settings:read', { audience: 'dashboard' })
  @Returns(200, subscriptionSettings)
  getSubscriptionSettings(@EnvironmentId() environmentId: string) {
    return this.settings.get(environmentId);
  }

  /** Says how tax is put on new subscriptions. */
  @Patch('subscription-settings')
  @Requires('settings:write', { audience: 'dashboard' })
  @Returns(200, subscriptionSettings)
  updateSubscriptionSettings(
    @EnvironmentId() environmentId: string,
    @Body({ schema: updateSubscriptionSettings }) body: z.output<typeof updateSubscriptionSettings>,
  ) {
    return this.settings.update(environmentId, body);
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
