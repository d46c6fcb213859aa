import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Log } from '../../platform/log.ts';
import type { OutagePolicy } from '../catalog/catalog.schemas.ts';
import { EntitlementsRepository } from './entitlements.repository.ts';

/** Bounds the memory: an environment with ten features counts as eleven. */
const sizeMax = 200_000;
/** How long a changed policy may be unknown here. */
const renewAfterMs = 60_000;
/** How long those to be read are collected, and the least between two statements. */
const collectMs = 250;
const environmentsPerStatement = 500;

export interface FeaturePolicy {
  type: 'boolean' | 'metered' | 'config';
  on_outage: OutagePolicy;
}

interface Environment {
  features: ReadonlyMap<string, FeaturePolicy>;
  renew_at_ms: number;
}

/**
 * The features of the environments that are checked here, and what each answers in an outage: read beforehand, because
 * nobody can be asked then. No check waits for it.
 */
@Injectable()
export class FeaturePolicies implements OnApplicationShutdown {
  private readonly environments = new LRUCache<string, Environment>({
    maxSize: sizeMax,
    sizeCalculation: ({ features }) => 1 + features.size,
  });
  private readonly wanted = new Set<string>();
  private collecting: NodeJS.Timeout | undefined;

  constructor(
    private readonly entitlements: EntitlementsRepository,
    private readonly log: Log,
  ) {}

  /** Undefined: this process has not heard of the feature. */
  find(environmentId: string, key: string): FeaturePolicy | undefined {
    return this.environments.get(environmentId)?.features.get(key);
  }

  /** Notes that an environment is checked here; what is missing or old of it is read soon. */
  see(environmentId: string): void {
    const known = this.environments.get(environmentId);
    if (known === undefined || known.renew_at_ms <= performance.now()) {
      this.wanted.add(environmentId);
      this.collecting ??= setTimeout(() => void this.read(), collectMs).unref();
    }
  }

  onApplicationShutdown(): void {
    clearTimeout(this.collecting);
    this.wanted.clear();
  }

  /** Never rejects: what is known stays, and who is checked next asks for it again. */
  private async read(): Promise<void> {
    const wanted = [...this.wanted].slice(0, environmentsPerStatement);
    try {
      const policies = await this.entitlements.featurePolicies(wanted);
      for (const environmentId of wanted) {
        this.environments.set(environmentId, {
          features: policies.get(environmentId) ?? new Map(),
          renew_at_ms: performance.now() + renewAfterMs,
        });
      }
    } catch (error) {
      this.log.warn('feature_policies.not_read', { error: error instanceof Error ? error : undefined });
    }
    wanted.forEach((environmentId) => this.wanted.delete(environmentId));
    this.collecting =
      this.wanted.size === 0 ? undefined : setTimeout(() => void this.read(), collectMs).unref();
  }
}
