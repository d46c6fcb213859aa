import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { createElement } from 'react';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { Log } from '../../platform/log.ts';
import { AlertsService } from '../alerts/alerts.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { MailService } from '../mail/mail.service.ts';
import { ConsumerKeysRepository } from './consumer-keys.repository.ts';
import { QuotaUsed } from './emails/quota-used.tsx';

const thresholds = [80, 100] as const;
const rememberedMax = 50_000;

export interface Quota {
  feature: string;
  limit: number | null;
  used: number;
  resets_at: Date | null;
}

/** Tells merchant and customer, once in a period, that a quota is used to 80 %, and once that it is used up. */
@Injectable()
export class QuotaWatch {
  /** What this process told already, so that not every call asks Postgres. */
  private readonly told = new LRUCache<string, true>({ max: rememberedMax });

  constructor(
    private readonly database: Database,
    private readonly keys: ConsumerKeysRepository,
    private readonly customers: CustomersService,
    private readonly alerts: AlertsService,
    private readonly mail: MailService,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Looks at a quota beside the answer to a verification; never fails it. */
  look(environmentId: string, customerId: string, quota: Quota): void {
    const { feature, limit, used, resets_at: resetsAt } = quota;
    if (limit === null || limit <= 0 || resetsAt === null) {
      return;
    }
    const threshold = used >= limit ? 100 : used * 100 >= limit * 80 ? 80 : undefined;
    if (threshold === undefined) {
      return;
    }
    const period = `${environmentId}:${customerId}:${feature}:${resetsAt.getTime()}`;
    if (this.told.has(`${period}:${threshold}`)) {
      return;
    }
    this.told.set(`${period}:${threshold}`, true);
    this.tell(environmentId, customerId, { feature, limit, used, resets_at: resetsAt, threshold }).catch(
      (error: unknown) => {
        this.told.delete(`${period}:${threshold}`);
        this.log.warn('consumer_keys.quota_not_told', { error: error instanceof Error ? error : undefined });
      },
    );
  }

  private tell(
    environmentId: string,
    customerId: string,
    news: { feature: string; limit: number; used: number; resets_at: Date; threshold: 80 | 100 },
  ): Promise<void> {
    const { feature, resets_at, threshold, used, limit } = news;
    return this.database.tenant(environmentId, async () => {
      const note = { customer_id: customerId, feature, resets_at, created_at: this.clock.now() };
      // Who is told that all is used need not be told afterwards that most of it is.
      let isNews = false;
      for (const one of thresholds.filter((each) => each <= threshold)) {
        isNews = await this.keys.noteQuota(environmentId, { ...note, threshold: one });
      }
      if (!isNews) {
        return;
      }
      const customer = await this.customers.get(environmentId, customerId);
      const period = `${customerId}:${feature}:${resets_at.toISOString()}:${threshold}`;
      const title =
        threshold === 100
          ? `A customer’s ${feature} are used up`
          : `A customer has used ${threshold} % of ${feature}`;
      await this.alerts.raise(environmentId, {
        kind: threshold === 100 ? 'quota.reached' : 'quota.near',
        dedupe_key: `quota:${period}`,
        severity: threshold === 100 ? 'warning' : 'info',
        title,
        detail: `${used} of ${limit} are used, by customer ${customer.external_id ?? customerId}. A larger plan would help them.`,
        target: { type: 'customer', id: customerId },
      });
      if (customer.email !== null) {
        await this.mail.send(environmentId, {
          dedupe_key: `quota:${period}`,
          kind: threshold === 100 ? 'quota.reached' : 'quota.near',
          to: customer.email,
          subject:
            threshold === 100
              ? `Your ${feature} are used up`
              : `You have used ${threshold} % of your ${feature}`,
          body: ({ name }) =>
            createElement(QuotaUsed, {
              merchant: name,
              feature,
              threshold,
              used,
              limit,
              resetsAt: resets_at,
            }),
        });
      }
    });
  }
}
