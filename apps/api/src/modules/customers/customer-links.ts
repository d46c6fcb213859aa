import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Env } from '../../env.ts';
import { Clock } from '../../platform/clock.ts';
import { newId } from '../../platform/ids.ts';
import { LinkUnknown } from './customer-links.errors.ts';
import { CustomerLinksRepository, type LinkPurpose } from './customer-links.repository.ts';
import { GuessLimit } from './guess-limit.ts';

const tokenBytes = 32;
const tokenShape = /^[A-Za-z0-9_-]{43}$/;
const mailValidDays = 30;
const day = 24 * 60 * 60 * 1_000;
const pathOf: Record<LinkPurpose, string> = { pay: 'pay', survey: 'survey', top_up: 'top-up' };

export interface CustomerLink {
  environment_id: string;
  id: string;
  /** The recovery that it is about, or the customer who buys credits by it. */
  subject_id: string;
  return_url: string | null;
}

/** Links that let a customer in without an account: 256 random bits, for one purpose, for a while. */
@Injectable()
export class CustomerLinks {
  constructor(
    private readonly env: Env,
    private readonly links: CustomerLinksRepository,
    private readonly guesses: GuessLimit,
    private readonly clock: Clock,
  ) {}

  /** A new address about a recovery, for a mail, in the open transaction. Its token is nowhere else. */
  async make(environmentId: string, recoveryId: string, purpose: 'pay' | 'survey'): Promise<string> {
    const expiresAt = new Date(this.clock.now().getTime() + mailValidDays * day);
    const { url } = await this.insert(environmentId, purpose, {
      recovery_id: recoveryId,
      customer_id: null,
      return_url: null,
      expires_at: expiresAt,
    });
    return url;
  }

  /** A new address where a customer buys credits, in the open transaction. Its token is nowhere else. */
  makeForTopUp(
    environmentId: string,
    link: { customer_id: string; return_url: string | null; expires_at: Date },
  ): Promise<{ id: string; url: string }> {
    return this.insert(environmentId, 'top_up', { ...link, recovery_id: null });
  }

  /** Whose link a token is. Throws `LinkUnknown` whatever is wrong with it, `TooManyGuesses`. */
  async open(token: string, purpose: LinkPurpose, address: string): Promise<CustomerLink> {
    await this.guesses.assertMayAsk(address);
    const found = tokenShape.test(token)
      ? await this.links.findByToken(hashOf(token), purpose, this.clock.now())
      : undefined;
    const subjectId = found?.recovery_id ?? found?.customer_id ?? undefined;
    if (found === undefined || subjectId === undefined) {
      await this.guesses.countWrong(address);
      throw new LinkUnknown();
    }
    const { environment_id, id, return_url } = found;
    return { environment_id, id, subject_id: subjectId, return_url };
  }

  private async insert(
    environmentId: string,
    purpose: LinkPurpose,
    link: {
      recovery_id: string | null;
      customer_id: string | null;
      return_url: string | null;
      expires_at: Date;
    },
  ) {
    const token = randomBytes(tokenBytes).toString('base64url');
    const id = newId('customer_link');
    await this.links.insert(environmentId, {
      ...link,
      id,
      purpose,
      token_hash: hashOf(token),
      created_at: this.clock.now(),
    });
    return { id, url: `${this.env.get('WEB_URL')}/${pathOf[purpose]}/${token}` };
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
