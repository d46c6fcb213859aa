import { Injectable } from '@nestjs/common';
import { invoiceTotals } from '@billingos/pricing/invoice';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { CreditsService } from '../credits/credits.service.ts';
import { SubscriptionsService } from '../subscriptions/subscriptions.service.ts';
import { UsageService } from '../usage/usage.service.ts';
import type { billEstimate } from './estimate.schemas.ts';
import { InvoicedPrices } from './invoiced-prices.ts';
import { isWorthMentioning, type ManualLine, manualLine, usageLines } from './manual-lines.ts';

type BillEstimate = z.input<typeof billEstimate>;

/** What a billing period costs so far: flat prices, seats, and what was used, by the function that invoices them. */
@Injectable()
export class EstimateBill {
  constructor(
    private readonly database: Database,
    private readonly subscriptions: SubscriptionsService,
    private readonly prices: InvoicedPrices,
    private readonly usage: UsageService,
    private readonly credits: CreditsService,
    private readonly clock: Clock,
  ) {}

  /** Of the current period, before tax. Throws `SubscriptionNotFound`. */
  of(environmentId: string, id: string): Promise<BillEstimate> {
    return this.database.tenant(environmentId, async () => {
      const subscription = await this.subscriptions.get(environmentId, id);
      const period = { start: subscription.current_period_start, end: subscription.current_period_end };
      const now = this.clock.now();
      const lines: ManualLine[] = [];
      // Nothing of a trial is charged.
      const sold = subscription.status === 'trialing' ? [] : subscription.items;
      for (const { price, item } of await this.prices.of(environmentId, sold)) {
        if (price.meter_id === null) {
          lines.push(manualLine(price, String(item.quantity), period));
        } else {
          const of = { customer_id: subscription.customer.id, meter_id: price.meter_id, ...period };
          const counted = await this.usage.inPeriod(environmentId, of);
          const credited = await this.credits.paidUnits(environmentId, of);
          lines.push(...usageLines(price, counted, credited, period));
        }
      }
      const worth = lines.filter(isWorthMentioning);
      const lasting = subscription.discounts.filter(
        ({ duration, ends_at: endsAt }) => duration !== 'once' && (endsAt === null || endsAt > now),
      );
      const totals = invoiceTotals(
        worth.map(({ amount }) => amount),
        {
          reductions: lasting.map((discount) => ({
            percent_off: discount.percent_off,
            amount_off: discount.amount_off?.amount ?? null,
          })),
        },
      );
      const currency = subscription.items[0]?.currency ?? 'usd';
      const money = (amount: number) => ({ amount, currency });
      return {
        subscription: subscription.id,
        period_start: period.start,
        period_end: period.end,
        as_of: now,
        lines: worth.map((line) => ({
          kind: line.kind,
          description: line.description,
          price_id: line.price_id,
          quantity: line.quantity,
          amount: money(line.amount),
        })),
        subtotal: money(totals.subtotal),
        discount_total: money(totals.discount_total),
        total: money(totals.total),
      };
    });
  }
}
