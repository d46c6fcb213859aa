import { Injectable } from '@nestjs/common';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { AlertsService } from '../alerts/alerts.service.ts';
import { SuspendSubscription } from '../subscriptions/suspend-subscription.ts';
import { isClosedDispute, isOpenDispute } from './dispute.ts';
import { PaymentSettingsService } from './payment-settings.service.ts';
import { endRefundedSubscription } from './payments.jobs.ts';
import { PaymentsRepository } from './payments.repository.ts';
import type { DisputeStatus } from '../../stripe/stripe.disputes.ts';

/** A dispute as it was and is. `before` is undefined for one that is new to us. */
export interface DisputeChange {
  id: string;
  before: DisputeStatus | undefined;
  after: DisputeStatus;
}

/**
 * What disputes do to access: withheld while one is open, given back when none is, ended when one is lost. By how they
 * stand, whatever was heard first. In the open transaction, whose customer is locked.
 */
@Injectable()
export class FollowDispute {
  constructor(
    private readonly payments: PaymentsRepository,
    private readonly settings: PaymentSettingsService,
    private readonly suspension: SuspendSubscription,
    private readonly alerts: AlertsService,
    private readonly outbox: Outbox,
  ) {}

  async apply(environmentId: string, subscriptionId: string | null, changes: DisputeChange[]): Promise<void> {
    for (const { id, after } of changes) {
      await this.tell(environmentId, id, after);
    }
    if (subscriptionId === null) {
      return;
    }
    const { dispute_policy: policy } = await this.settings.get(environmentId);
    const all = await this.payments.disputesOfSubscription(environmentId, subscriptionId);
    if (policy === 'suspend' && all.some(({ status }) => isOpenDispute(status))) {
      await this.suspension.suspend(environmentId, subscriptionId, 'disputed');
    } else {
      await this.suspension.restore(environmentId, subscriptionId, 'disputed');
    }
    if (policy === 'suspend' && changes.some(({ before, after }) => after === 'lost' && before !== 'lost')) {
      await this.outbox.add(environmentId, endRefundedSubscription, { subscription_id: subscriptionId });
    }
  }

  private async tell(environmentId: string, id: string, status: DisputeStatus): Promise<void> {
    const cause = `dispute:${id}`;
    if (isClosedDispute(status)) {
      await this.alerts.resolve(environmentId, cause);
      return;
    }
    await this.alerts.raise(environmentId, {
      kind: 'payment.disputed',
      dedupe_key: cause,
      severity: 'critical',
      title: 'A payment is disputed',
      detail:
        'The holder of a card questions a payment at the bank. Answer with evidence before its due date.',
      target: { type: 'dispute', id },
    });
  }
}
