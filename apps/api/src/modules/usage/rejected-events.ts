import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import type { AppError } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { Log } from '../../platform/log.ts';
import { type RejectedEvent, UsageRepository } from './usage.repository.ts';

const flushMs = 500;
/** A sender that gets everything wrong must not cost more than one that gets it right: beyond this, none is kept. */
const perFlush = 200;
const keptPerEnvironment = 5_000;
const textMax = 255;

/** Keeps the newest events that did not count, with their reasons, for people to look at. */
@Injectable()
export class RejectedEvents implements OnApplicationShutdown {
  private waiting: RejectedEvent[] = [];
  private flushing: NodeJS.Timeout | undefined;

  constructor(
    private readonly usage: UsageRepository,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Notes an event, whatever it holds, beside the answer to it. */
  note(environmentId: string, event: unknown, refusal: AppError): void {
    if (this.waiting.length >= perFlush) {
      return;
    }
    const said: Record<string, unknown> = typeof event === 'object' && event !== null ? { ...event } : {};
    const { value } = said;
    this.waiting.push({
      environment_id: environmentId,
      id: newId('usage_event'),
      idempotency_key: textOf(said['idempotency_key']),
      customer: textOf(said['customer']),
      meter: textOf(said['meter']),
      value: typeof value === 'number' && Number.isFinite(value) ? value : null,
      code: refusal.code,
      reason: refusal.message.slice(0, 1_000).replaceAll('\0', ''),
    });
    this.flushing ??= setTimeout(() => void this.flush(), flushMs).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.flushing);
    await this.flush();
  }

  /** Writes what waits. Lost, it harms nobody: the sender was told. */
  async flush(): Promise<void> {
    const batch = this.waiting;
    this.waiting = [];
    this.flushing = undefined;
    if (batch.length === 0) {
      return;
    }
    await this.usage.noteRejected(batch, keptPerEnvironment, this.clock.now()).catch((error: unknown) => {
      this.log.warn('usage.rejections_not_written', { error: error instanceof Error ? error : undefined });
    });
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.isWellFormed()
    ? value.slice(0, textMax).replaceAll('\0', '')
    : null;
}
