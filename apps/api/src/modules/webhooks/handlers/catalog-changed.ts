import { Injectable } from '@nestjs/common';
import type { CatalogKind } from '../../../stripe/stripe.catalog-lists.ts';
import { ResyncCatalog } from '../../catalog/resync-catalog.ts';
import type { EventHandler, ReceivedEvent } from './handler.ts';

const kinds: Record<string, CatalogKind> = {
  product: 'product',
  price: 'price',
  coupon: 'coupon',
  'billing.meter': 'meter',
};

/** Somebody changed on Stripe what we sell. The catalog is ours: Stripe is made to say again what it says. */
@Injectable()
export class CatalogChanged implements EventHandler {
  readonly types = [
    'product.updated',
    'product.deleted',
    'price.updated',
    'price.deleted',
    'coupon.updated',
    'coupon.deleted',
    'billing.meter.updated',
    'billing.meter.deactivated',
  ];

  constructor(private readonly catalog: ResyncCatalog) {}

  async handle({ environment_id: environmentId, object }: ReceivedEvent): Promise<void> {
    const kind = kinds[object.type];
    if (object.id !== null && kind !== undefined) {
      await this.catalog.compare(environmentId, kind, object.id);
    }
  }
}
