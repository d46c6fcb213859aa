import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { UserCaller } from '../../platform/auth/caller.ts';
import { roleScopes } from '../../platform/auth/scopes.ts';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { violatedConstraint } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { AuditService } from '../audit/audit.service.ts';
import { TooManyMerchants } from './merchants.errors.ts';
import { MerchantsRepository } from './merchants.repository.ts';
import { slugOf } from './slug.ts';

const merchantsMax = 20;

@Injectable()
export class MerchantsService {
  constructor(
    private readonly database: Database,
    private readonly merchants: MerchantsRepository,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** The merchants a user is a member of, with what the user may do there. */
  async ofUser(user: UserCaller) {
    const rows = await this.database.account(user.user_id, () => this.merchants.ofUser(user.user_id));
    return rows.map((merchant) => ({ ...merchant, scopes: [...roleScopes[merchant.role]] }));
  }

  /** The merchant that an environment belongs to. Undefined when there is no such environment. */
  ofEnvironment(environmentId: string): Promise<{ id: string; name: string } | undefined> {
    return this.database.tenant(environmentId, () => this.merchants.ofEnvironment(environmentId));
  }

  /** Creates a merchant with a live and a test environment; the user becomes its owner. */
  async create(user: UserCaller, name: string) {
    if ((await this.ofUser(user)).length >= merchantsMax) {
      throw new TooManyMerchants(merchantsMax);
    }
    const id = newId('merchant');
    const slug = slugOf(name);
    await this.insert(user, { id, name, slug }).catch((error: unknown) => {
      if (violatedConstraint(error) !== 'merchants_slug_key') {
        throw error;
      }
      // Names need not be unique, addresses must be.
      return this.insert(user, { id, name, slug: `${slug}-${randomBytes(3).toString('hex')}` });
    });
    const created = (await this.ofUser(user)).find((merchant) => merchant.id === id);
    if (created === undefined) {
      throw new Error(`The merchant ${id} was created, but its owner is no member of it.`);
    }
    return created;
  }

  private async insert(
    user: UserCaller,
    merchant: { id: string; name: string; slug: string },
  ): Promise<void> {
    const liveId = newId('environment');
    await this.database.tenant(liveId, async () => {
      await this.merchants.create({
        ...merchant,
        owner: { user_id: user.user_id, email: user.email },
        live_id: liveId,
        test_id: newId('environment'),
        now: this.clock.now(),
      });
      await this.audit.record(liveId, {
        action: 'merchant.created',
        target: { type: 'merchant', id: merchant.id },
        after: { name: merchant.name, slug: merchant.slug },
      });
    });
  }
}
