import { Injectable } from '@nestjs/common';
import { ResyncCatalog } from '../catalog/resync-catalog.ts';
import type { Found, Phase, PhaseContext } from './phase.ts';

/** What a merchant sells: here we say what is sold, and Stripe is made to say the same, as a re-sync does. */
@Injectable()
export class CompareCatalog implements Phase {
  readonly name = 'catalog';

  constructor(private readonly catalog: ResyncCatalog) {}

  async step({ environment_id: environmentId }: PhaseContext) {
    const { checked, repaired } = await this.catalog.run(environmentId);
    const found = repaired.map(({ kind, id, cause }): Found => ({
      kind: 'catalog',
      cause: cause === 'missing' ? 'missing_on_stripe' : 'differs',
      object_id: id,
      stripe_object_id: null,
      before: { [kind]: 'as it is sold' },
      after: { [kind]: cause },
      repair: () => Promise.resolve(null),
    }));
    return { checked, found, next: null };
  }
}
