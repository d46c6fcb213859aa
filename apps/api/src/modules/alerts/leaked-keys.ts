import { Injectable, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Credentials } from '../../platform/auth/credentials.ts';
import { Log } from '../../platform/log.ts';
import { AlertsService } from './alerts.service.ts';

const tellEveryMs = 60_000;

/** Tells a merchant that one of its secret keys was sent from a web page, where everyone can read it. */
@Injectable()
export class LeakedKeys implements OnModuleInit {
  private readonly told = new LRUCache<string, true>({ max: 1_000, ttl: tellEveryMs });

  constructor(
    private readonly credentials: Credentials,
    private readonly alerts: AlertsService,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.credentials.onLeak(({ environment_id: environmentId, key_id: id, key_name: name }) => {
      if (this.told.has(id)) {
        return;
      }
      this.told.set(id, true);
      this.alerts
        .raise(environmentId, {
          kind: 'api_key.leaked',
          dedupe_key: `api_key_leaked:${id}`,
          severity: 'critical',
          title: 'A secret key was sent from a web page',
          detail: `The key "${name}" came from a browser, where everyone can read it. Revoke it, and call the API from your server.`,
          target: { type: 'api_key', id },
        })
        .catch((error: unknown) => {
          this.told.delete(id);
          this.log.warn('api_keys.leak_not_told', { error: error instanceof Error ? error : undefined });
        });
    });
  }
}
