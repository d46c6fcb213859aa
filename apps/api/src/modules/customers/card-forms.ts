import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Env } from '../../env.ts';
import { Database } from '../../platform/database/database.ts';
import { Connections } from '../../stripe/connections.ts';
import { Intents } from '../../stripe/intents.ts';
import { createSetupIntent, retrieveSetupIntent } from '../../stripe/stripe.payment-methods.ts';
import { CardNotConfirmed } from './customer-links.errors.ts';
import { CustomerLinksRepository } from './customer-links.repository.ts';
import type { CustomerLink } from './customer-links.ts';
import type { cardForm } from './customer-links.schemas.ts';

const takeCardIntent = {
  kind: 'customer.take_card',
  params: z.object({ stripe_customer_id: z.string() }),
};

type Link = Pick<CustomerLink, 'environment_id' | 'id'>;

/** Takes cards on the pages behind links: each form has a setup intent of its own, and only the link's own ones count. */
@Injectable()
export class CardForms implements OnModuleInit {
  constructor(
    private readonly env: Env,
    private readonly database: Database,
    private readonly links: CustomerLinksRepository,
    private readonly connections: Connections,
    private readonly intents: Intents,
  ) {}

  onModuleInit(): void {
    this.intents.register({
      ...takeCardIntent,
      call: async ({ stripe_customer_id: id }, { environment_id: environmentId, idempotency_key: key }) =>
        createSetupIntent(await this.connections.of(environmentId), id, key),
      recover: 'repeat',
      settle: async () => undefined,
    });
  }

  /** What Stripe.js needs. Asked again, it is the same form until a card was confirmed with it. */
  async open(link: Link, stripeCustomerId: string): Promise<z.input<typeof cardForm>> {
    const connection = await this.connections.of(link.environment_id);
    const intent = await this.fresh(link, stripeCustomerId);
    return {
      client_secret: intent.client_secret ?? '',
      publishable_key:
        this.env.get(
          connection.mode === 'live' ? 'STRIPE_LIVE_PUBLISHABLE_KEY' : 'STRIPE_TEST_PUBLISHABLE_KEY',
        ) ?? `pk_${connection.mode}_emulated`,
      stripe_account: connection.stripe_account_id,
    };
  }

  /** The card that was confirmed with the link's current form, and which form that is. Throws `CardNotConfirmed`. */
  async confirmed(
    link: Link,
    stripeCustomerId: string,
    setupIntent: string,
  ): Promise<{ payment_method: string; form: number }> {
    const { environment_id: environmentId } = link;
    const form = await this.current(link);
    // Only what was made for this link: another setup intent's card is somebody else's.
    const own = await this.setupIntentId(link, stripeCustomerId, form);
    if (own !== setupIntent) {
      throw new CardNotConfirmed();
    }
    const intent = await retrieveSetupIntent(await this.connections.of(environmentId), own);
    if (intent.payment_method === undefined || intent.stripe_customer_id !== stripeCustomerId) {
      throw new CardNotConfirmed();
    }
    return { payment_method: intent.payment_method, form };
  }

  /** The next card is taken with another form. */
  use(link: Link, form: number): Promise<void> {
    const { environment_id: environmentId, id } = link;
    return this.database.tenant(environmentId, () => this.links.useCardForm(environmentId, id, form));
  }

  private current({ environment_id: environmentId, id }: Link): Promise<number> {
    return this.database.tenant(environmentId, () => this.links.cardForms(environmentId, id));
  }

  private async fresh(link: Link, stripeCustomerId: string) {
    const form = await this.current(link);
    const connection = await this.connections.of(link.environment_id);
    const current = await retrieveSetupIntent(
      connection,
      await this.setupIntentId(link, stripeCustomerId, form),
    );
    // Confirmed, and the page closed before it paid: begin anew.
    if (!current.is_used_up) {
      return current;
    }
    await this.use(link, form);
    return retrieveSetupIntent(connection, await this.setupIntentId(link, stripeCustomerId, form + 1));
  }

  private setupIntentId(link: Link, stripeCustomerId: string, form: number): Promise<string> {
    return this.intents.perform(link.environment_id, takeCardIntent, `${link.id}:${form}`, {
      stripe_customer_id: stripeCustomerId,
    });
  }
}
