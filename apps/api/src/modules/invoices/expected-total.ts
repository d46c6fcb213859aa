import { Injectable } from '@nestjs/common';
import { decimal, sum } from '@billingos/pricing/money';
import { lineAmount } from '@billingos/pricing/price';
import { CreditsService } from '../credits/credits.service.ts';
import { UsageService } from '../usage/usage.service.ts';
import { InvoicedPrices } from './invoiced-prices.ts';

interface Draft {
  customer_id: string;
  total: number;
  lines: {
    kind: string;
    price_id: string | null;
    period_start: Date | null;
    period_end: Date | null;
    amount: number;
  }[];
}

/**
 * What a draft of Stripe will be over. Its own total is that of the use Stripe had counted when it made it: it counts anew
 * only as it finalizes.
 */
@Injectable()
export class ExpectedTotal {
  constructor(
    private readonly prices: InvoicedPrices,
    private readonly usage: UsageService,
    private readonly credits: CreditsService,
  ) {}

  /**
   * With what is counted of the periods now, before discounts and taxes of what was added: a draft over 2,000 of which 1,000
   * are for 500 units is over 4,000 when there are 1,500. In the open transaction.
   */
  async of(environmentId: string, { customer_id: customerId, total, lines }: Draft): Promise<number> {
    const used = lines.flatMap(({ kind, price_id: priceId, period_start: start, period_end: end, amount }) =>
      kind === 'usage' && priceId !== null && start !== null && end !== null
        ? [{ price_id: priceId, start, end, amount }]
        : [],
    );
    const more: number[] = [];
    for (const { price, item } of await this.prices.of(environmentId, used)) {
      if (price.meter_id !== null) {
        const { start, end, amount } = item;
        const period = { customer_id: customerId, meter_id: price.meter_id, start, end };
        const { total: units } = await this.usage.inPeriod(environmentId, period);
        const left = decimal(units).minus(await this.credits.paidUnits(environmentId, period));
        more.push(lineAmount(price, left.gt(0) ? left.toFixed() : '0') - amount);
      }
    }
    return sum([total, ...more]);
  }
}
