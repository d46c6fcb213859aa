import { isDeepStrictEqual } from 'node:util';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../platform/clock.ts';
import { Database } from '../platform/database/database.ts';
import { AppError } from '../platform/errors.ts';
import { newId } from '../platform/ids.ts';
import { defineJob } from '../platform/jobs/job.ts';
import { JobHandlers } from '../platform/jobs/job-handlers.ts';
import { Outbox } from '../platform/jobs/outbox.ts';
import { IntentsRepository } from './intents.repository.ts';
import {
  isSavedFailure,
  OtherCallUnderWay,
  StripeRefused,
  StripeUnavailable,
  translateStripeError,
} from './stripe.errors.ts';

/** What a call to Stripe gave: the object it is about, and whatever `settle` needs. */
export interface CallResult {
  stripe_object_id: string;
}

/** What a call goes by. */
export interface CallContext {
  environment_id: string;
  /** Another one for each attempt. */
  idempotency_key: string;
  /** The same for all attempts. What is made carries it, so that it can be found. */
  intent_id: string;
  begun_at: Date;
}

/**
 * A kind of call that changes something on Stripe. `call` runs outside of any transaction and may run again with the
 * same key; `settle` writes what follows, in the transaction that marks the intent as done.
 */
export interface IntentKind<Params extends z.ZodType, Result extends CallResult> {
  kind: string;
  params: Params;
  call(params: z.output<Params>, context: CallContext): Promise<Result>;
  /**
   * Stripe keeps a failure of its own under the key and never tells whether it did what was asked (`isSavedFailure`). Then
   * `repeat` calls again with another key: for what comes to the same when it is done twice. A function is asked first, and
   * finds on Stripe what an earlier attempt did; undefined: it did nothing. `give_up`: the wish has failed, and whoever
   * wished it looks up what became of it.
   */
  recover:
    'repeat' | 'give_up' | ((params: z.output<Params>, context: CallContext) => Promise<Result | undefined>);
  settle(environmentId: string, params: z.output<Params>, result: Result): Promise<void>;
}

const resumeAfterSeconds = 30;

/** What is kept of a refusal. */
const refusal = z.object({ code: z.string(), message: z.string() });

export const resumeIntent = defineJob({
  name: 'stripe.resume_intent',
  queue: 'money',
  payload: z.strictObject({ intent_id: z.string() }),
  attempts: 12,
  backoff_seconds: 10,
  timeout_seconds: 60,
});

type IntentRow = NonNullable<Awaited<ReturnType<IntentsRepository['find']>>>;

/**
 * Calls to Stripe that survive a crash at any point. The intent and the job that would resume it are committed first;
 * then Stripe is called with a key derived from the intent; then the answer, our rows and the end of the intent are
 * committed together. Whoever comes second, the request, the job or a repetition, finds the work done or does it with
 * the same key, so that Stripe makes one object.
 */
@Injectable()
export class Intents implements OnModuleInit {
  private readonly kinds = new Map<string, IntentKind<z.ZodType, CallResult>>();

  constructor(
    private readonly database: Database,
    private readonly intents: IntentsRepository,
    private readonly outbox: Outbox,
    private readonly handlers: JobHandlers,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.handlers.register(resumeIntent, async ({ intent_id: id }, { environment_id: environmentId }) => {
      await this.run(environmentId, id).catch((error: unknown) => {
        // A refusal is an outcome: the intent keeps it. Only "nobody knows" is worth another attempt.
        if (!(error instanceof AppError) || error instanceof StripeUnavailable) {
          throw error;
        }
      });
    });
  }

  register<Params extends z.ZodType, Result extends CallResult>(kind: IntentKind<Params, Result>): void {
    if (this.kinds.has(kind.kind)) {
      throw new Error(`The intent ${kind.kind} is registered twice.`);
    }
    const { recover } = kind;
    this.kinds.set(kind.kind, {
      ...kind,
      call: (params, context) => kind.call(kind.params.parse(params), context),
      recover:
        typeof recover === 'function'
          ? (params, context) => recover(kind.params.parse(params), context)
          : recover,
      // Only ever given what `call` of the same kind returned.
      settle: (environmentId, params, result) =>
        kind.settle(environmentId, kind.params.parse(params), result as Result),
    });
  }

  /**
   * Does what the intent says, once per `dedupeKey`, and returns the id of the Stripe object. A wish that was refused
   * before is tried anew, with what is asked for now. Throws the refusal; `StripeUnavailable` when nobody knows, then
   * the job goes on; `OtherCallUnderWay` when the key stands for something else already.
   */
  async perform<Params extends z.ZodType, Result extends CallResult>(
    environmentId: string,
    kind: Pick<IntentKind<Params, Result>, 'kind' | 'params'>,
    dedupeKey: string,
    params: z.input<Params>,
  ): Promise<string> {
    const id = await this.database.tenant(environmentId, () =>
      this.begin(environmentId, kind, dedupeKey, params),
    );
    return this.run(environmentId, id);
  }

  /**
   * Brings a wish that was begun to its end, with the key it was begun with, and says which. `none`: nobody began it.
   * Throws `StripeUnavailable` when nobody knows still.
   */
  async finish(
    environmentId: string,
    kind: { kind: string },
    dedupeKey: string,
  ): Promise<'none' | 'succeeded' | 'failed'> {
    const intent = await this.database.tenant(environmentId, () =>
      this.intents.findByWish(environmentId, kind.kind, dedupeKey),
    );
    if (intent === undefined) {
      return 'none';
    }
    try {
      await this.run(environmentId, intent.id);
      return 'succeeded';
    } catch (error) {
      if (!(error instanceof AppError) || error instanceof StripeUnavailable) {
        throw error;
      }
      return 'failed';
    }
  }

  /**
   * What an intent made is gone from Stripe: whoever wishes it again gets a new attempt, and so a new object. In the
   * open transaction, which also takes back what `settle` wrote.
   */
  async forget(environmentId: string, kind: { kind: string }, dedupeKey: string): Promise<void> {
    const existing = await this.intents.findByWish(environmentId, kind.kind, dedupeKey);
    if (existing?.state === 'succeeded') {
      await this.intents.update(environmentId, existing.id, {
        state: 'failed',
        error: JSON.stringify({ code: 'object_gone', message: 'What was made exists no more.' }),
        settled_at: this.clock.now(),
      });
    }
  }

  /**
   * Forgets what was done on an account that the environment has left, in the open transaction: what was made there is
   * to be made anew, and what was under way there is given up. Kinds that are of no account stay.
   */
  forgetAccount(environmentId: string, exceptKinds: string[]): Promise<void> {
    const given: z.infer<typeof refusal> = {
      code: 'account_replaced',
      message: 'The Stripe account it was for was replaced by another.',
    };
    return this.intents.setAside(environmentId, exceptKinds, JSON.stringify(given), this.clock.now());
  }

  private async begin<Params extends z.ZodType>(
    environmentId: string,
    kind: { kind: string; params: Params },
    dedupeKey: string,
    params: z.input<Params>,
  ): Promise<string> {
    const now = this.clock.now();
    const id = newId('stripe_intent');
    const inserted = await this.intents.insert(environmentId, {
      id,
      kind: kind.kind,
      dedupe_key: dedupeKey,
      params: JSON.stringify(kind.params.parse(params)),
      created_at: now,
    });
    if (inserted) {
      await this.resumeLater(environmentId, id);
      return id;
    }

    const existing = await this.intents.findByWish(environmentId, kind.kind, dedupeKey);
    if (existing === undefined) {
      throw new Error(`The intent ${kind.kind} ${dedupeKey} can neither be inserted nor found.`);
    }
    const wished = kind.params.parse(params);
    if (existing.state === 'failed') {
      await this.intents.update(environmentId, existing.id, {
        state: 'pending',
        attempt: existing.attempt + 1,
        params: JSON.stringify(wished),
        error: null,
        settled_at: null,
      });
      await this.resumeLater(environmentId, existing.id);
    } else if (!isDeepStrictEqual(wished, kind.params.parse(existing.params))) {
      throw new OtherCallUnderWay();
    }
    return existing.id;
  }

  private async resumeLater(environmentId: string, intentId: string): Promise<void> {
    await this.outbox.add(
      environmentId,
      resumeIntent,
      { intent_id: intentId },
      { available_at: new Date(this.clock.now().getTime() + resumeAfterSeconds * 1_000) },
    );
  }

  /** `renewals`: how often a new key may take the place of one under which Stripe keeps a failure of its own. */
  private async run(environmentId: string, id: string, renewals = 1): Promise<string> {
    const intent = await this.database.tenant(environmentId, () => this.intents.find(environmentId, id));
    if (intent === undefined) {
      throw new Error(`There is no intent ${id}.`);
    }
    if (intent.state === 'succeeded' && intent.stripe_object_id !== null) {
      return intent.stripe_object_id;
    }
    if (intent.state === 'failed') {
      // Refused by whoever came first. A new wish sets it back to pending before it gets here.
      throw new StripeRefused(refusal.parse(intent.error).message, undefined);
    }
    const kind = this.kinds.get(intent.kind);
    if (kind === undefined) {
      throw new Error(`There is no intent of kind ${intent.kind}.`);
    }

    let result: CallResult;
    try {
      result = await this.call(environmentId, intent, kind);
    } catch (error) {
      const translated = translateStripeError(error);
      if (isSavedFailure(error) && kind.recover === 'give_up') {
        await this.settleFailure(environmentId, intent, new StripeUnavailable(error));
      } else if (isSavedFailure(error)) {
        await this.renew(environmentId, intent);
        if (renewals > 0) {
          return this.run(environmentId, id, renewals - 1);
        }
      } else if (translated instanceof AppError && !(translated instanceof StripeUnavailable)) {
        await this.settleFailure(environmentId, intent, translated);
      }
      throw translated;
    }
    await this.settle(environmentId, intent, kind, result);
    return result.stripe_object_id;
  }

  /** An attempt that is not the first asks what the ones before it did. */
  private async call(
    environmentId: string,
    intent: IntentRow,
    kind: IntentKind<z.ZodType, CallResult>,
  ): Promise<CallResult> {
    const context: CallContext = {
      environment_id: environmentId,
      idempotency_key: `${environmentId}:${intent.id}:${intent.attempt}`,
      intent_id: intent.id,
      begun_at: intent.created_at,
    };
    const done =
      intent.attempt > 1 && typeof kind.recover === 'function'
        ? await kind.recover(intent.params, context)
        : undefined;
    return done ?? kind.call(intent.params, context);
  }

  /** Under its present key nothing happens any more: another attempt has another one. */
  private renew(environmentId: string, intent: IntentRow): Promise<void> {
    return this.database.tenant(environmentId, async () => {
      const current = await this.intents.lock(environmentId, intent.id);
      if (current?.state === 'pending' && current.attempt === intent.attempt) {
        await this.intents.update(environmentId, intent.id, {
          state: 'pending',
          attempt: intent.attempt + 1,
          settled_at: null,
        });
      }
    });
  }

  private settle(
    environmentId: string,
    intent: IntentRow,
    kind: IntentKind<z.ZodType, CallResult>,
    result: CallResult,
  ): Promise<void> {
    return this.database.tenant(environmentId, async () => {
      const current = await this.intents.lock(environmentId, intent.id);
      if (current?.state === 'succeeded') {
        return;
      }
      await kind.settle(environmentId, intent.params, result);
      await this.intents.update(environmentId, intent.id, {
        state: 'succeeded',
        stripe_object_id: result.stripe_object_id,
        error: null,
        settled_at: this.clock.now(),
      });
    });
  }

  private settleFailure(environmentId: string, intent: IntentRow, refusal: AppError): Promise<void> {
    return this.database.tenant(environmentId, async () => {
      const current = await this.intents.lock(environmentId, intent.id);
      if (current?.state === 'pending' && current.attempt === intent.attempt) {
        await this.intents.update(environmentId, intent.id, {
          state: 'failed',
          error: JSON.stringify({ code: refusal.code, message: refusal.message }),
          settled_at: this.clock.now(),
        });
      }
    });
  }
}
