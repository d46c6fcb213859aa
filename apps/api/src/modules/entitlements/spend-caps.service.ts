import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { AuditService } from '../audit/audit.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { EntitlementsRepository } from './entitlements.repository.ts';
import { EntitlementsService } from './entitlements.service.ts';
import { spentWith } from './spend.ts';
import type { customerSpendCap, setSpendCap } from './spend-cap.schemas.ts';
import { SpendCapsRepository } from './spend-caps.repository.ts';

type CustomerSpendCap = z.input<typeof customerSpendCap>;

/** The most that customers may spend on metered use. A plan has one, and a customer may have another. */
@Injectable()
export class SpendCapsService {
  constructor(
    private readonly database: Database,
    private readonly caps: SpendCapsRepository,
    private readonly snapshots: EntitlementsRepository,
    private readonly entitlements: EntitlementsService,
    private readonly customers: CustomersService,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Throws `CustomerNotFound`. */
  get(environmentId: string, reference: string): Promise<CustomerSpendCap> {
    return this.database.tenant(environmentId, async () => {
      const { id } = await this.customers.get(environmentId, reference, 'id');
      const snapshot = await this.snapshots.snapshot(environmentId, id, this.clock.now());
      return {
        customer: id,
        own: (await this.caps.find(environmentId, id)) ?? null,
        subscriptions: (snapshot.spend_caps ?? []).map((cap) => ({
          subscription: cap.subscription_id,
          cap: { amount: cap.amount, currency: cap.currency },
          spent: { amount: spentWith(cap, snapshot, { feature: '', units: 0 }), currency: cap.currency },
        })),
      };
    });
  }

  /** Holds from the next check. What is used beyond it already stays. Throws `CustomerNotFound`. */
  set(
    environmentId: string,
    reference: string,
    wish: z.output<typeof setSpendCap>,
  ): Promise<CustomerSpendCap> {
    return this.change(environmentId, reference, (id) =>
      this.caps.put(environmentId, { customer_id: id, ...wish, updated_at: this.clock.now() }),
    );
  }

  /** The plan's holds again. Throws `CustomerNotFound`. */
  remove(environmentId: string, reference: string): Promise<CustomerSpendCap> {
    return this.change(environmentId, reference, (id) => this.caps.remove(environmentId, id));
  }

  private change(
    environmentId: string,
    reference: string,
    write: (customerId: string) => Promise<void>,
  ): Promise<CustomerSpendCap> {
    return this.database.tenant(environmentId, async () => {
      const { id } = await this.customers.lock(environmentId, reference);
      const before = await this.caps.find(environmentId, id);
      await write(id);
      const after = await this.caps.find(environmentId, id);
      await this.audit.record(environmentId, {
        action: 'spend_cap.changed',
        target: { type: 'customer', id },
        before: before ?? {},
        after: after ?? {},
      });
      await this.entitlements.changed(environmentId, id);
      return this.get(environmentId, id);
    });
  }
}
