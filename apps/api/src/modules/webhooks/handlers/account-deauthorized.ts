import { Injectable } from '@nestjs/common';
import { StripeAccountService } from '../../merchants/stripe-account.service.ts';
import type { EventHandler, ReceivedEvent } from './handler.ts';

/** The merchant took the connection away in Stripe's dashboard. */
@Injectable()
export class AccountDeauthorized implements EventHandler {
  readonly types = ['account.application.deauthorized'];

  constructor(private readonly accounts: StripeAccountService) {}

  async handle(event: ReceivedEvent): Promise<void> {
    await this.accounts.noteDeauthorized(event.environment_id, event.stripe_account_id);
  }
}
