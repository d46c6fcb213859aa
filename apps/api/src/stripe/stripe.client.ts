import { Injectable } from '@nestjs/common';
import Stripe from 'stripe';
import { Env } from '../env.ts';
import type { Mode } from '../platform/auth/api-key.ts';
import { Database } from '../platform/database/database.ts';
import { requestContext } from '../platform/request-context.ts';
import { StripeNotConfigured } from './stripe.errors.ts';

const timeoutMs = 20_000;
/** Of network failures, by the library itself, with the same idempotency key. */
const retriesMax = 1;

/** The official client, once per mode. Refuses to run while a transaction is open: a rollback could not undo the call. */
@Injectable()
export class StripeClients {
  private readonly clients = new Map<Mode, Stripe>();

  constructor(
    private readonly env: Env,
    private readonly database: Database,
  ) {}

  /** Throws `StripeNotConfigured` when the mode has neither a key nor an emulator. */
  of(mode: Mode): Stripe {
    const existing = this.clients.get(mode);
    if (existing !== undefined) {
      return existing;
    }
    const client = this.connect(mode);
    this.clients.set(mode, client);
    return client;
  }

  /** Whether the mode talks to the emulator, which moves no money. */
  isEmulated(mode: Mode): boolean {
    return this.key(mode) === undefined && this.env.get('STRIPE_EMULATOR_URL') !== undefined;
  }

  webhookSecrets(mode: Mode): string[] {
    return this.env.get(mode === 'live' ? 'STRIPE_LIVE_WEBHOOK_SECRETS' : 'STRIPE_TEST_WEBHOOK_SECRETS');
  }

  private key(mode: Mode): string | undefined {
    return this.env.get(mode === 'live' ? 'STRIPE_LIVE_SECRET_KEY' : 'STRIPE_TEST_SECRET_KEY');
  }

  private connect(mode: Mode): Stripe {
    const shared = {
      timeout: timeoutMs,
      maxNetworkRetries: retriesMax,
      telemetry: false,
      appInfo: { name: 'BillingOS', url: 'https://billingos.dev' },
      httpClient: Stripe.createFetchHttpClient((input: string | URL | Request, init?: RequestInit) => {
        if (this.database.isTransactionOpen) {
          throw new Error(
            'Stripe was called inside a database transaction: commit first, a rollback cannot undo it.',
          );
        }
        const context = requestContext.current();
        if (context !== undefined) {
          context.stripe_requests = (context.stripe_requests ?? 0) + 1;
        }
        return fetch(input, init);
      }),
    } satisfies Stripe.StripeConfig;

    const key = this.key(mode);
    if (key !== undefined) {
      return new Stripe(key, shared);
    }
    const emulator = this.env.get('STRIPE_EMULATOR_URL');
    if (emulator === undefined) {
      throw new StripeNotConfigured(mode);
    }
    const url = new URL(emulator);
    return new Stripe(`sk_${mode}_emulated`, {
      ...shared,
      host: url.hostname,
      port: url.port === '' ? '80' : url.port,
      protocol: url.protocol === 'https:' ? 'https' : 'http',
    });
  }
}
