import { createHash } from 'node:crypto';
import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiExtension } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { Clock } from '../clock.ts';
import { Database } from '../database/database.ts';
import { InvalidRequest } from '../errors.ts';
import { requestContext } from '../request-context.ts';
import { AnswerShownOnce, IdempotencyConflict, IdempotentRequestInProgress } from './idempotency.errors.ts';
import { IdempotencyRepository } from './idempotency.repository.ts';

const callsStripeKey = 'billingos:calls-stripe';
export const ownKeysKey = 'billingos:own-idempotency';
const shownOnceKey = 'billingos:shown-once';
/** Longer than any request that calls Stripe may take. After it, a retry takes the work over. */
const leaseMs = 60_000;

/** Marks a POST that calls Stripe: it cannot run inside one transaction, its intents make it safe to run again. */
export const CallsStripe = (): MethodDecorator => SetMetadata(callsStripeKey, true);

/** Where a POST with idempotency keys of its own takes them from. */
export type OwnKeys = 'body' | 'body_or_header';

/**
 * Marks a POST whose body carries idempotency keys of its own. `body_or_header`: one, `idempotency_key`, which may stand
 * in the header instead; only a `Fast` route reads it there.
 */
export const OwnIdempotency = (keys: OwnKeys = 'body'): MethodDecorator =>
  applyDecorators(SetMetadata(ownKeysKey, keys), ApiExtension('x-own-idempotency', keys));

/** Marks a POST whose answer holds a secret: it is never stored, so a repetition cannot get it again. */
export const ShownOnce = (): MethodDecorator => SetMetadata(shownOnceKey, true);

interface KeyedRequest {
  environmentId: string;
  key: string;
  fingerprint: Buffer;
  isShownOnce: boolean;
  reply: FastifyReply;
}

/**
 * Gives a repeated POST with the same Idempotency-Key its first answer again.
 *
 * A POST that only writes our database runs in one transaction with the record of its answer: both exist or neither,
 * and a concurrent repetition waits for the first. A POST that calls Stripe claims the key first and stores the answer
 * after; if the process dies between, a repetition after the lease runs again, and the intents it wrote make Stripe
 * and our rows come out once. Refused requests leave no record and may be corrected under the same key.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly database: Database,
    private readonly requests: IdempotencyRepository,
    private readonly clock: Clock,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<FastifyRequest & { rawBody?: Buffer }>();
    const key = request.headers['idempotency-key'];
    const { caller } = request;
    const hasOwnKeys =
      this.reflector.get<OwnKeys | undefined>(ownKeysKey, context.getHandler()) !== undefined;
    if (
      request.method !== 'POST' ||
      key === undefined ||
      hasOwnKeys ||
      caller === undefined ||
      caller.kind === 'user'
    ) {
      return next.handle();
    }
    if (typeof key !== 'string' || key.length > 255 || key === '') {
      throw new InvalidRequest('must be 1 to 255 characters', 'Idempotency-Key');
    }

    const current = requestContext.current();
    if (current !== undefined) {
      current.idempotency_key = key;
    }
    const keyed: KeyedRequest = {
      environmentId: caller.environment_id,
      key,
      fingerprint: createHash('sha256')
        .update(`${request.method} ${request.url}\n`)
        .update(request.rawBody ?? '')
        .digest(),
      isShownOnce: this.reflector.get<boolean | undefined>(shownOnceKey, context.getHandler()) === true,
      reply: context.switchToHttp().getResponse<FastifyReply>(),
    };
    const callsStripe =
      this.reflector.get<boolean | undefined>(callsStripeKey, context.getHandler()) === true;
    return from(callsStripe ? this.aroundStripe(keyed, next) : this.inOneTransaction(keyed, next));
  }

  private inOneTransaction(request: KeyedRequest, next: CallHandler): Promise<unknown> {
    const { environmentId, key, fingerprint } = request;
    return this.database.tenant(environmentId, async () => {
      const now = this.clock.now();
      if (!(await this.requests.claim(environmentId, { key, fingerprint, locked_until: null, now }))) {
        return this.earlierAnswer(request);
      }
      return this.answerAndRemember(request, next);
    });
  }

  private async aroundStripe(request: KeyedRequest, next: CallHandler): Promise<unknown> {
    const { environmentId, key, fingerprint } = request;
    const now = this.clock.now();
    const lockedUntil = new Date(now.getTime() + leaseMs);
    const claimed = await this.database.tenant(environmentId, async () => {
      if (await this.requests.claim(environmentId, { key, fingerprint, locked_until: lockedUntil, now })) {
        return true;
      }
      const earlier = await this.requests.find(environmentId, key);
      const isAbandoned =
        earlier?.state === 'started' && earlier.locked_until !== null && earlier.locked_until <= now;
      if (!isAbandoned || !earlier.fingerprint.equals(fingerprint)) {
        return false;
      }
      await this.requests.extend(environmentId, key, lockedUntil);
      return true;
    });
    if (!claimed) {
      return this.database.tenant(environmentId, () => this.earlierAnswer(request));
    }

    let answer: unknown;
    try {
      answer = await lastValueFrom(next.handle());
    } catch (error) {
      await this.database.tenant(environmentId, () => this.requests.release(environmentId, key));
      throw error;
    }
    await this.database.tenant(environmentId, () => this.remember(request, answer));
    return answer;
  }

  private async answerAndRemember(request: KeyedRequest, next: CallHandler): Promise<unknown> {
    const answer: unknown = await lastValueFrom(next.handle());
    await this.remember(request, answer);
    return answer;
  }

  private remember(request: KeyedRequest, answer: unknown): Promise<void> {
    return this.requests.finish(request.environmentId, request.key, {
      status: request.reply.statusCode,
      response: request.isShownOnce ? null : JSON.stringify(answer),
    });
  }

  private async earlierAnswer(request: KeyedRequest): Promise<unknown> {
    const earlier = await this.requests.find(request.environmentId, request.key);
    if (earlier !== undefined && !earlier.fingerprint.equals(request.fingerprint)) {
      throw new IdempotencyConflict();
    }
    if (earlier?.state !== 'finished') {
      throw new IdempotentRequestInProgress();
    }
    if (earlier.response === null) {
      throw new AnswerShownOnce();
    }
    request.reply.header('Idempotent-Replayed', 'true');
    return earlier.response;
  }
}
