import { Injectable } from '@nestjs/common';
import type Stripe from 'stripe';
import type { Mode } from '../platform/auth/api-key.ts';
import { Database } from '../platform/database/database.ts';
import { AccountsRepository } from './accounts.repository.ts';
import { StripeClients } from './stripe.client.ts';
import { StripeNotConnected } from './stripe.errors.ts';

/** How to reach an environment's Stripe account: the platform's client of its mode, acting for the account. */
export interface Connection {
  stripe: Stripe;
  stripe_account_id: string;
  mode: Mode;
  /** Since when charges are possible. */
  connected_at: Date;
}

@Injectable()
export class Connections {
  constructor(
    private readonly database: Database,
    private readonly accounts: AccountsRepository,
    private readonly clients: StripeClients,
  ) {}

  /** Throws `StripeNotConnected` when the environment has no account that can charge. */
  async of(environmentId: string): Promise<Connection> {
    const connection = await this.find(environmentId);
    if (connection === undefined) {
      throw new StripeNotConnected();
    }
    return connection;
  }

  /** Undefined when the environment has no account that can charge. */
  async find(environmentId: string): Promise<Connection | undefined> {
    const account = await this.database.tenant(environmentId, () => this.accounts.find(environmentId));
    // While a former account is being forgotten, its ids still stand in our rows: they mean nothing on this one.
    return account === undefined || account.connected_at === null || account.replaces !== null
      ? undefined
      : {
          stripe: this.clients.of(account.mode),
          stripe_account_id: account.stripe_account_id,
          mode: account.mode,
          connected_at: account.connected_at,
        };
  }
}
