import { Body, Controller, Get, Post } from '@nestjs/common';
import { z } from 'zod';
import type { Mode } from '../../platform/auth/api-key.ts';
import { EnvironmentId, EnvironmentMode } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { CallsStripe } from '../../platform/http/idempotency.interceptor.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { timestamp, webUrl } from '../../platform/http/schemas.ts';
import {
  StripeConnectionLost,
  StripeNotConfigured,
  StripeRefused,
  StripeUnavailable,
} from '../../stripe/stripe.errors.ts';
import { ConnectStripeFirst, SubscriptionsStillRun } from './merchants.errors.ts';
import { StripeAccountService } from './stripe-account.service.ts';

const stripeAccount = z
  .object({
    status: z
      .enum(['not_connected', 'onboarding', 'connected', 'lost'])
      .describe('lost: Stripe refuses that we act for it.'),
    stripe_account_id: z.string().nullable(),
    former_account_id: z.string().nullable().describe('The one that was left last.'),
    charges_enabled: z.boolean(),
    payouts_enabled: z.boolean(),
    emulated: z.boolean().describe('No real Stripe is behind it: nothing is charged.'),
    connected_at: timestamp.nullable(),
  })
  .meta({ id: 'StripeAccount' });
const connectStripe = z.strictObject({
  return_url: webUrl,
  account: z
    .enum(['former', 'new'])
    .default('former')
    .describe('After a disconnection: the same account again, or another. Without a former one: a new one.'),
  abandon_subscriptions: z
    .boolean()
    .default(false)
    .describe(
      'With a new account: end here what runs on the former. On Stripe it goes on until you cancel it there.',
    ),
});
const connectLink = z.object({ url: z.string() }).meta({ id: 'StripeConnectLink' });

@Controller('stripe-account')
export class StripeAccountController {
  constructor(private readonly service: StripeAccountService) {}

  @Get()
  @Requires('stripe_account:read', { audience: 'dashboard' })
  @Returns(200, stripeAccount)
  getStripeAccount(@EnvironmentId() environmentId: string, @EnvironmentMode() mode: Mode) {
    return this.service.get(environmentId, mode);
  }

  /** Leaves the account. Nothing is sold any more; what runs on Stripe goes on there. */
  @Post('disconnect')
  @Requires('stripe_account:write', { audience: 'dashboard' })
  @Returns(200, stripeAccount)
  @Refuses(ConnectStripeFirst)
  disconnectStripe(@EnvironmentId() environmentId: string, @EnvironmentMode() mode: Mode) {
    return this.service.disconnect(environmentId, mode);
  }

  /** Starts connecting, or goes on with it: send the browser to the answer's url. */
  @Post('connect')
  @Requires('stripe_account:write', { audience: 'dashboard' })
  @CallsStripe()
  @Returns(201, connectLink)
  @Refuses(StripeNotConfigured, StripeRefused, StripeUnavailable, StripeConnectionLost, SubscriptionsStillRun)
  connectStripe(
    @EnvironmentId() environmentId: string,
    @EnvironmentMode() mode: Mode,
    @Body({ schema: connectStripe }) body: z.output<typeof connectStripe>,
  ) {
    return this.service.connect(environmentId, mode, body);
  }

  /** Asks Stripe how the account stands. */
  @Post('refresh')
  @Requires('stripe_account:write', { audience: 'dashboard' })
  @CallsStripe()
  @Returns(200, stripeAccount)
  @Refuses(ConnectStripeFirst, StripeRefused, StripeUnavailable, StripeConnectionLost)
  refreshStripeAccount(@EnvironmentId() environmentId: string, @EnvironmentMode() mode: Mode) {
    return this.service.refresh(environmentId, mode);
  }
}
