import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Env } from '../../env.ts';
import { Log } from '../../platform/log.ts';
import { MerchantsService } from '../merchants/merchants.service.ts';

const rememberedMax = 50_000;
/** Names change seldom, and are only shown. */
const rememberedMs = 60_000;

export interface BilledMerchant {
  id: string;
  name: string;
  /** What the merchant is called as a customer of the house: `external:mer_…`. */
  reference: string;
}

/** Which environment bills the merchants of this instance, and which of them an environment belongs to. */
@Injectable()
export class BilledMerchants {
  private readonly known = new LRUCache<string, { id: string; name: string }>({
    max: rememberedMax,
    ttl: rememberedMs,
  });
  private isMissingTold = false;

  constructor(
    private readonly env: Env,
    private readonly merchants: MerchantsService,
    private readonly log: Log,
  ) {}

  /** Who bills. Undefined on an instance of one's own, and while the environment that is named does not exist. */
  async house(): Promise<{ environment_id: string; merchant_id: string } | undefined> {
    const environmentId = this.env.get('BILLING_ENVIRONMENT');
    const merchant = environmentId === undefined ? undefined : await this.merchantOf(environmentId);
    if (environmentId !== undefined && merchant === undefined && !this.isMissingTold) {
      this.isMissingTold = true;
      this.log.warn('merchant_billing.environment_missing', { environment_id: environmentId });
    }
    return environmentId === undefined || merchant === undefined
      ? undefined
      : { environment_id: environmentId, merchant_id: merchant.id };
  }

  /** The merchant that pays for an environment. Undefined: nobody does, it is the house's own or nobody is billed. */
  async payer(environmentId: string): Promise<(BilledMerchant & { house: string }) | undefined> {
    const house = await this.house();
    if (house === undefined) {
      return undefined;
    }
    const merchant = await this.merchantOf(environmentId);
    return merchant === undefined || merchant.id === house.merchant_id
      ? undefined
      : { ...merchant, reference: `external:${merchant.id}`, house: house.environment_id };
  }

  private async merchantOf(environmentId: string): Promise<{ id: string; name: string } | undefined> {
    const merchant = this.known.get(environmentId) ?? (await this.merchants.ofEnvironment(environmentId));
    if (merchant !== undefined) {
      this.known.set(environmentId, merchant, { noUpdateTTL: true });
    }
    return merchant;
  }
}
