import { Injectable } from '@nestjs/common';
import { TakeOverAccount } from '../../merchants/take-over-account.ts';
import type { EventHandler, ReceivedEvent } from './handler.ts';

/** The merchant's Stripe account may charge now, or no more. */
@Injectable()
export class AccountUpdated implements EventHandler {
  readonly types = ['account.updated'];

  constructor(private readonly account: TakeOverAccount) {}

  async handle({ environment_id: environmentId }: ReceivedEvent): Promise<void> {
    await this.account.takeOver(environmentId);
  }
}
