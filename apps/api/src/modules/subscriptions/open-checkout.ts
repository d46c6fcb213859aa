import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { newId } from '../../platform/ids.ts';
import { requestContext } from '../../platform/request-context.ts';
import { Connections } from '../../stripe/connections.ts';
import { Intents } from '../../stripe/intents.ts';
import {
  createCheckout,
  expireCheckout,
  findCheckout,
  listOpenCheckouts,
  retrieveCheckout,
} from '../../stripe/stripe.checkout.ts';
import { AuditService } from '../audit/audit.service.ts';
import { EntitlementsService } from '../entitlements/entitlements.service.ts';
import { Sales, soldParams } from './sale.ts';
import type { createCheckout as createCheckoutSchema } from './subscriptions.schemas.ts';

const checkoutIntent = {
  kind: 'checkout.create',
  params: soldParams.extend({ success_url: z.string(), cancel_url: z.string() }),
};

const listTimeoutMs = 20_000;

/** Opens Stripe's hosted page, where a customer pays for a plan. */
@Injectable()
export class OpenCheckout implements OnModuleInit {
  constructor(
    private readonly sales: Sales,
    private readonly entitlements: EntitlementsService,
    private readonly connections: Connections,
    private readonly intents: Intents,
    private readonly audit: AuditService,
  ) {}

  onModuleInit(): void {
    this.intents.register({
      ...checkoutIntent,
      call: async (params, context) =>
        createCheckout(await this.connections.of(context.environment_id), params, context),
      recover: async (params, context) =>
        findCheckout(await this.connections.of(context.environment_id), params, context),
      settle: async (environmentId, { customer_id: customerId }, { stripe_object_id: id }) => {
        // From here on the customer may pay at any moment, before any event reaches us.
        await this.entitlements.markPending(environmentId, customerId);
        await this.audit.record(environmentId, {
          action: 'checkout.opened',
          target: { type: 'customer', id: customerId },
          after: { checkout_session: id },
        });
      },
    });
  }

  /** Throws what `Sales.prepare` throws, and `StripeUnavailable`. */
  async open(environmentId: string, wish: z.output<typeof createCheckoutSchema>) {
    const { customer, group: _group, ...sale } = await this.sales.prepare(environmentId, wish);
    const connection = await this.connections.of(environmentId);
    const dedupeKey = requestContext.current()?.idempotency_key ?? newId('request');
    const id = await this.intents.perform(environmentId, checkoutIntent, dedupeKey, {
      ...sale,
      customer_id: customer.id,
      success_url: wish.success_url,
      cancel_url: wish.cancel_url,
    });
    // Two pages open at once could both be paid. The newest stays: Stripe lists it first. Of two requests at once both
    // see the same one, and after a crash a repetition closes what the first one left open.
    const open = await listOpenCheckouts(connection, sale.stripe_customer_id, listTimeoutMs);
    const mine = open.findIndex((checkout) => checkout.id === id);
    for (const older of mine === -1 ? [] : open.slice(mine + 1)) {
      await expireCheckout(connection, older.id);
    }
    return retrieveCheckout(connection, id);
  }
}
