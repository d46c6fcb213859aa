import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { newId } from '../../platform/ids.ts';
import type { versionFields } from './catalog.schemas.ts';
import { FeaturesRepository } from './features.repository.ts';
import { grantsOf } from './plan.ts';
import { PlanVersionsRepository } from './plan-versions.repository.ts';
import { pricesOf } from './price.ts';
import { PricesRepository } from './prices.repository.ts';

export type VersionTerms = z.output<z.ZodObject<typeof versionFields>>;

/** Writes what a version of a plan costs and grants. */
@Injectable()
export class WriteVersion {
  constructor(
    private readonly versions: PlanVersionsRepository,
    private readonly prices: PricesRepository,
    private readonly features: FeaturesRepository,
  ) {}

  /** In the open transaction, for a version that has neither prices nor features. Throws a refusal that names the field. */
  async write(environmentId: string, versionId: string, terms: VersionTerms, now: Date): Promise<void> {
    const known = await this.features.findFeatures(environmentId, [
      ...terms.features.map(({ feature }) => feature),
      ...terms.prices.flatMap(({ feature }) => feature ?? []),
    ]);
    const grants = grantsOf(terms.features, known);
    const prices = pricesOf(terms.prices, known);
    await this.prices.insert(
      environmentId,
      prices.map((price) => ({ id: newId('price'), plan_version_id: versionId, ...price })),
      now,
    );
    await this.versions.insertFeatures(environmentId, versionId, grants);
    if (terms.credits !== null) {
      await this.versions.insertCredits(environmentId, versionId, terms.credits);
    }
  }
}
