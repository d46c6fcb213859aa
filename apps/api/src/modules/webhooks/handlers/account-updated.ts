import { Injectable } from '@nestjs/common';
import { StripeAccountService } from '../../merchants/stripe-account.service.ts';
import type { EventHandler, ReceivedEvent } from './handler.ts';

/** The merchant's Stripe account may charge now, or no more. */
@Injectable()
export class AccountUpdated implements EventHandler {
  readonly types = ['account.updated'];

  constructor(private readonly accounts: StripeAccountService) {}

  async handle({ environment_id: environmentId }: ReceivedEvent): Promise<void> {
    await this.accounts.takeOver(environmentId);
  }
}
