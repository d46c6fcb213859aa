import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Database } from '../../platform/database/database.ts';
import { newId } from '../../platform/ids.ts';
import { Connections } from '../../stripe/connections.ts';
import {
  type CatalogKind,
  findOnStripe,
  listOnStripe,
  type OnStripe,
} from '../../stripe/stripe.catalog-lists.ts';
import { AuditService } from '../audit/audit.service.ts';
import type { resync } from './catalog.schemas.ts';
import { CatalogIntents } from './catalog-intents.ts';
import { CatalogLinksRepository, type Linked } from './catalog-links.repository.ts';
import { PricesRepository } from './prices.repository.ts';
import { SyncCatalog } from './sync-catalog.ts';

type Repair = z.input<typeof resync>['repaired'][number];

/** Meters before prices, which need them; products before theirs. */
const kinds = ['meter', 'feature', 'coupon', 'product', 'price'] as const satisfies CatalogKind[];

/** Compares the catalog with Stripe and repairs what differs: Stripe sells what we say is sold. */
@Injectable()
export class ResyncCatalog {
  constructor(
    private readonly database: Database,
    private readonly links: CatalogLinksRepository,
    private readonly prices: PricesRepository,
    private readonly connections: Connections,
    private readonly intents: CatalogIntents,
    private readonly sync: SyncCatalog,
    private readonly audit: AuditService,
  ) {}

  /** Throws `StripeNotConnected`, `StripeUnavailable`; a second run goes on with what the first left. */
  async run(environmentId: string): Promise<z.input<typeof resync>> {
    const connection = await this.connections.of(environmentId);
    const changeId = newId('job');
    const repaired: Repair[] = [];
    const known = new Set<string>();
    let checked = 0;

    for (const kind of kinds) {
      const onStripe = await listOnStripe(connection, kind);
      for (const linked of await this.linked(environmentId, kind)) {
        checked += 1;
        known.add(linked.id);
        const cause = differenceOf(linked, onStripe.get(linked.stripe_id));
        if (cause !== undefined) {
          await this.repair(environmentId, kind, linked, cause, changeId);
          repaired.push({ kind, id: linked.id, cause });
        }
      }
    }
    const refitted = await this.sync.everything(environmentId, changeId);
    for (const kind of kinds) {
      for (const { id } of await this.linked(environmentId, kind)) {
        if (!known.has(id)) {
          repaired.push({ kind, id, cause: 'missing' });
        }
      }
    }
    repaired.push(
      ...refitted
        .filter((id) => known.has(id) && !repaired.some((repair) => repair.id === id))
        .map((id) => ({ kind: 'product' as const, id, cause: 'features_missing' as const })),
    );
    if (repaired.length > 0) {
      await this.database.tenant(environmentId, () =>
        this.audit.record(environmentId, {
          action: 'catalog.resynced',
          target: { type: 'environment', id: environmentId },
          after: { checked, repaired },
        }),
      );
    }
    return { checked, repaired };
  }

  /** Compares one object that Stripe says has changed, and repairs it. Nothing happens if it is none of ours. */
  async compare(environmentId: string, kind: CatalogKind, stripeId: string): Promise<void> {
    const isOurs = ({ stripe_id: id }: Linked): boolean => id === stripeId;
    if (!(await this.linked(environmentId, kind)).some(isOurs)) {
      return;
    }
    const theirs = await findOnStripe(await this.connections.of(environmentId), kind, stripeId);
    // Read after Stripe's answer: what was renamed here meanwhile is not undone.
    const ours = (await this.linked(environmentId, kind)).find(isOurs);
    const cause = ours === undefined ? undefined : differenceOf(ours, theirs);
    if (ours !== undefined && cause !== undefined) {
      await this.repair(environmentId, kind, ours, cause, newId('job'));
      await this.database.tenant(environmentId, () =>
        this.audit.record(environmentId, {
          action: 'catalog.repaired',
          target: { type: kind === 'product' ? 'plan' : kind, id: ours.id },
          after: { cause },
        }),
      );
    }
  }

  private async repair(
    environmentId: string,
    kind: CatalogKind,
    { id, stripe_id: stripeId }: Linked,
    cause: 'missing' | 'inactive' | 'renamed',
    changeId: string,
  ): Promise<void> {
    if (cause === 'missing') {
      await this.intents.forget(environmentId, kind, id, stripeId);
      await this.putAgain(environmentId, kind, id);
    } else {
      await this.intents.update(environmentId, kind, id, changeId);
    }
  }

  private async putAgain(environmentId: string, kind: CatalogKind, id: string): Promise<void> {
    if (kind === 'price') {
      const prices = await this.database.tenant(environmentId, () =>
        this.prices.find(environmentId, { ids: [id] }),
      );
      await this.sync.putPrices(environmentId, prices);
    } else {
      await this.intents.ensure(environmentId, kind, id);
    }
  }

  private linked(environmentId: string, kind: CatalogKind): Promise<Linked[]> {
    return this.database.tenant(environmentId, () => this.links.linked(environmentId, kind));
  }
}

/** How Stripe's object differs from ours; undefined when it does not. */
function differenceOf(
  ours: Linked,
  theirs: OnStripe | undefined,
): 'missing' | 'inactive' | 'renamed' | undefined {
  if (theirs === undefined) {
    return 'missing';
  }
  if (!theirs.is_active) {
    return 'inactive';
  }
  const isSame = ours.name === null || (ours.name === theirs.name && ours.description === theirs.description);
  return isSame ? undefined : 'renamed';
}
