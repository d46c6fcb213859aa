import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Env } from '../../env.ts';
import { Clock } from '../../platform/clock.ts';
import { newId } from '../../platform/ids.ts';
import { CustomerLinksRepository, type LinkPurpose } from './customer-links.repository.ts';
import { GuessLimit } from './guess-limit.ts';
import { LinkUnknown } from './recovery.errors.ts';

const tokenBytes = 32;
const tokenShape = /^[A-Za-z0-9_-]{43}$/;
const validDays = 30;
const day = 24 * 60 * 60 * 1_000;

/** Links in mails that let a customer in without an account: 256 random bits, for one purpose, for 30 days. */
@Injectable()
export class CustomerLinks {
  constructor(
    private readonly env: Env,
    private readonly links: CustomerLinksRepository,
    private readonly guesses: GuessLimit,
    private readonly clock: Clock,
  ) {}

  /** A new address for a recovery, in the open transaction. Its token is nowhere else. */
  async make(environmentId: string, recoveryId: string, purpose: LinkPurpose): Promise<string> {
    const token = randomBytes(tokenBytes).toString('base64url');
    const now = this.clock.now();
    await this.links.insert(environmentId, {
      id: newId('customer_link'),
      token_hash: hashOf(token),
      purpose,
      recovery_id: recoveryId,
      expires_at: new Date(now.getTime() + validDays * day),
      created_at: now,
    });
    return `${this.env.get('WEB_URL')}/${purpose}/${token}`;
  }

  /** Whose link a token is. Throws `LinkUnknown` whatever is wrong with it, `TooManyGuesses`. */
  async open(token: string, purpose: LinkPurpose, address: string) {
    await this.guesses.assertMayAsk(address);
    const link = tokenShape.test(token)
      ? await this.links.findByToken(hashOf(token), purpose, this.clock.now())
      : undefined;
    if (link === undefined) {
      await this.guesses.countWrong(address);
      throw new LinkUnknown();
    }
    return link;
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
