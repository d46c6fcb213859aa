import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { violatedConstraint } from '../../platform/errors.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import { newId } from '../../platform/ids.ts';
import { AuditService } from '../audit/audit.service.ts';
import { PacksRepository } from './packs.repository.ts';
import { CreditPackArchived, CreditPackKeyTaken, CreditPackNotFound } from './top-ups.errors.ts';
import type { createCreditPack, CreditPack } from './top-ups.schemas.ts';

export type PackRow = NonNullable<Awaited<ReturnType<PacksRepository['find']>>>;

/** What customers can buy. */
@Injectable()
export class PacksService {
  constructor(
    private readonly database: Database,
    private readonly packs: PacksRepository,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  async list(environmentId: string, page: PageRequest & { archived: boolean }): Promise<CreditPack[]> {
    const rows = await this.database.tenant(environmentId, () => this.packs.list(environmentId, page));
    return rows.map(shown);
  }

  /** Throws `CreditPackKeyTaken`. */
  create(environmentId: string, wish: z.output<typeof createCreditPack>): Promise<CreditPack> {
    return this.database.tenant(environmentId, async () => {
      const id = newId('credit_pack');
      await this.packs
        .insert(environmentId, {
          ...wish,
          id,
          credits: String(wish.credits),
          expires_after_days: wish.expires_after_days ?? null,
          created_at: this.clock.now(),
        })
        .catch((error: unknown) => {
          throw violatedConstraint(error) === 'credit_packs_environment_id_key_key'
            ? new CreditPackKeyTaken(wish.key)
            : error;
        });
      await this.audit.record(environmentId, {
        action: 'credit_pack.created',
        target: { type: 'credit_pack', id },
        after: wish,
      });
      return shown(await this.get(environmentId, id));
    });
  }

  /** Nobody buys it any more. Throws `CreditPackNotFound`. */
  archive(environmentId: string, reference: string): Promise<CreditPack> {
    return this.database.tenant(environmentId, async () => {
      const { id } = await this.get(environmentId, reference, 'id');
      await this.packs.archive(environmentId, id, this.clock.now());
      await this.audit.record(environmentId, {
        action: 'credit_pack.archived',
        target: { type: 'credit_pack', id },
      });
      return shown(await this.get(environmentId, id));
    });
  }

  /** One that is sold, in the open transaction. Throws `CreditPackNotFound`, `CreditPackArchived`. */
  async getSold(environmentId: string, reference: string): Promise<PackRow> {
    const pack = await this.get(environmentId, reference);
    if (pack.archived_at !== null) {
      throw new CreditPackArchived(pack.key);
    }
    return pack;
  }

  /** Throws `CreditPackNotFound`. */
  async get(environmentId: string, reference: string, param?: string): Promise<PackRow> {
    const pack = await this.packs.find(environmentId, reference);
    if (pack === undefined) {
      throw new CreditPackNotFound(reference, param);
    }
    return pack;
  }
}

function shown({ amount, currency, credits, ...pack }: PackRow): CreditPack {
  return { ...pack, credits: Number(credits), price: { amount, currency } };
}
