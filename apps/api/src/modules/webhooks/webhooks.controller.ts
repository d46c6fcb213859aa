import { Controller, Get, Headers, Param, Post, Query, RawBody } from '@nestjs/common';
import { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires, Unauthenticated } from '../../platform/auth/requires.ts';
import { LargeBody } from '../../platform/http/body-limit.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam, pageFrom, pageOf, pageQuery, timestamp } from '../../platform/http/schemas.ts';
import { WebhookSignatureInvalid } from '../../stripe/stripe.webhooks.ts';
import { StripeAccountUnknown, WebhookEventNotFound } from './webhooks.errors.ts';
import { WebhooksService } from './webhooks.service.ts';

const states = ['received', 'processed', 'failed', 'ignored'] as const;

const webhookEvent = z
  .object({
    id: z.string(),
    stripe_event_id: z.string(),
    type: z.string(),
    state: z.enum(states).describe('ignored: of a type that changes nothing here.'),
    attempts: z.int(),
    error: z.string().nullable(),
    received_at: timestamp,
    processed_at: timestamp.nullable(),
  })
  .meta({ id: 'WebhookEvent' });
const webhookEventPage = pageOf(webhookEvent).meta({ id: 'WebhookEventList' });
const listWebhookEvents = pageQuery.extend({ state: z.enum(states).optional() });

const received = z.object({ received: z.literal(true) });
const modeParam = z.strictObject({ mode: z.enum(['test', 'live']) });

@Controller()
export class WebhooksController {
  constructor(private readonly webhooks: WebhooksService) {}

  /** Where Stripe sends the events of connected accounts. */
  @Post('webhooks/stripe/:mode')
  @LargeBody()
  @Unauthenticated('Stripe signs the body instead', 'admin', { isLimited: false })
  @Returns(200, received)
  @Refuses(WebhookSignatureInvalid, StripeAccountUnknown)
  async receiveStripeEvent(
    @Param({ schema: modeParam }) { mode }: z.output<typeof modeParam>,
    @RawBody() rawBody: Buffer | undefined,
    @Headers('stripe-signature') signature: string | undefined,
  ) {
    await this.webhooks.receive(mode, rawBody ?? Buffer.alloc(0), signature);
    return { received: true as const };
  }

  /** Lists the events that Stripe sent, the newest first. */
  @Get('webhook-events')
  @Requires('operations:read', { audience: 'dashboard' })
  @Returns(200, webhookEventPage)
  async listWebhookEvents(
    @EnvironmentId() environmentId: string,
    @Query({ schema: listWebhookEvents }) query: z.output<typeof listWebhookEvents>,
  ) {
    return pageFrom(await this.webhooks.list(environmentId, query), query.limit);
  }

  /** Processes an event once more. */
  @Post('webhook-events/:id/replay')
  @Requires('operations:write', { audience: 'dashboard' })
  @Returns(200, webhookEvent)
  @Refuses(WebhookEventNotFound)
  replayWebhookEvent(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.webhooks.replay(environmentId, id);
  }
}
