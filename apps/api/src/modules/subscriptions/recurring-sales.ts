import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { PlansService } from '../catalog/plans.service.ts';
import { SubscriptionsRepository } from './subscriptions.repository.ts';

const soldItems = z.array(z.object({ price_id: z.string(), quantity: z.int() }));
const carried = z.array(
  z.object({
    percent_off: z.number().nullable(),
    amount_off: z.number().nullable(),
    duration: z.enum(['once', 'repeating', 'forever']),
  }),
);

type SoldPrice = Awaited<ReturnType<PlansService['findPrices']>>[number];

/** Subscriptions that are alike: what they sell, and how many there are. */
export interface SoldAlike {
  items: { price: SoldPrice; quantity: number }[];
  discounts: z.output<typeof carried>;
  times: number;
}

/** What subscriptions charge, for whoever adds it up. */
@Injectable()
export class RecurringSales {
  constructor(
    private readonly subscriptions: SubscriptionsRepository,
    private readonly plans: PlansService,
  ) {}

  /** Of some subscriptions, or of all that bring revenue: those alike are one, with how many there are. */
  async of(environmentId: string, ids: string[] | 'all'): Promise<SoldAlike[]> {
    const rows = await this.subscriptions.sales(environmentId, ids);
    const sales = rows.map(({ items, discounts, times }) => ({
      items: soldItems.parse(items),
      discounts: carried.parse(discounts),
      times,
    }));
    const priceIds = new Set(sales.flatMap(({ items }) => items.map((item) => item.price_id)));
    const prices = await this.plans.findPrices(environmentId, { ids: [...priceIds] });
    const byId = new Map(prices.map((price) => [price.id, price]));
    return sales.map(({ items, ...sale }) => ({
      ...sale,
      items: items.flatMap(({ price_id: id, quantity }) => {
        const price = byId.get(id);
        return price === undefined ? [] : [{ price, quantity }];
      }),
    }));
  }
}
