import { Module } from '@nestjs/common';
import { AccountsRepository } from './accounts.repository.ts';
import { Connections } from './connections.ts';
import { Intents } from './intents.ts';
import { IntentsRepository } from './intents.repository.ts';
import { StripeClients } from './stripe.client.ts';
import { StripeWebhooks } from './stripe.webhooks.ts';

/** Everything that speaks Stripe's language. It knows no module. */
@Module({
  providers: [StripeClients, Connections, AccountsRepository, Intents, IntentsRepository, StripeWebhooks],
  exports: [StripeClients, Connections, AccountsRepository, Intents, StripeWebhooks],
})
export class StripeModule {}
