import { Injectable, type OnModuleInit } from '@nestjs/common';
import { JobHandlers } from '../../platform/jobs/job-handlers.ts';
import { CancelSubscription } from '../subscriptions/cancel-subscription.ts';
import { isRunning } from '../subscriptions/subscription.ts';
import { SubscriptionsService } from '../subscriptions/subscriptions.service.ts';
import { endRefundedSubscription } from './payments.jobs.ts';

/**
 * Ends a subscription whose money went back, now. One that has ended stays as it is. What was used since is not charged:
 * it would be the card that has just got its money back.
 */
@Injectable()
export class EndSubscription implements OnModuleInit {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly cancellation: CancelSubscription,
    private readonly handlers: JobHandlers,
  ) {}

  onModuleInit(): void {
    this.handlers.register(
      endRefundedSubscription,
      ({ subscription_id: id }, { environment_id: environmentId }) => this.end(environmentId, id),
    );
  }

  async end(environmentId: string, id: string): Promise<void> {
    const { status } = await this.subscriptions.get(environmentId, id);
    if (isRunning(status)) {
      await this.cancellation.cancel(environmentId, id, {
        when: 'now',
        refund: 'none',
        charges_usage: false,
      });
    }
  }
}
