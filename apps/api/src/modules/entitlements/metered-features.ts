import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { FeatureNotFound } from '../catalog/catalog.errors.ts';
import { EntitlementsRepository } from './entitlements.repository.ts';
import { FeatureNotMetered, MeterNotSummed } from './entitlements.errors.ts';

/** The features of which units can be taken. */
@Injectable()
export class MeteredFeatures {
  /** A feature stays metered, and what its meter counts can change only until the first event came. */
  private readonly known = new LRUCache<string, true>({ max: 10_000, ttl: 10_000 });

  constructor(private readonly entitlements: EntitlementsRepository) {}

  /** Throws `FeatureNotFound`, `FeatureNotMetered` for one that is on or off, `MeterNotSummed`. */
  async get(environmentId: string, key: string): Promise<{ key: string; type: 'metered' }> {
    const cacheKey = `${environmentId}:${key}`;
    if (this.known.has(cacheKey)) {
      return { key, type: 'metered' };
    }
    const feature = await this.entitlements.findFeature(environmentId, key);
    if (feature === undefined) {
      throw new FeatureNotFound(key);
    }
    if (feature.type !== 'metered') {
      throw new FeatureNotMetered(key);
    }
    if (feature.is_plain === false) {
      throw this.notSummed(key);
    }
    this.known.set(cacheKey, true);
    return { key, type: feature.type };
  }

  notSummed(key: string): MeterNotSummed {
    return new MeterNotSummed(key);
  }
}
