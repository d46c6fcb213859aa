import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { AppError } from '../../platform/errors.ts';
import { GroupCommit } from '../../platform/group-commit.ts';
import { invalidRequest } from '../../platform/http/validation.ts';
import { newId } from '../../platform/ids.ts';
import { plainReference } from '../customers/customer-reference.ts';
import { TrackedCalls } from '../merchant-billing/tracked-calls.ts';
import { endpointOf } from './endpoint.ts';
import {
  LogCustomerUnknown,
  LogKeyUnknown,
  LogProjectUnknown,
  LogTimeOutOfRange,
  TooManyLogs,
} from './request-logs.errors.ts';
import { type NewLog, type RecordedLog, RequestLogsRepository } from './request-logs.repository.ts';
import { type Logged, type LoggedCall, loggedCall, type LoggedItem } from './request-logs.schemas.ts';

const minute = 60_000;
const aheadMax = 5 * minute;
const behindMax = 24 * 60 * minute;

/** Takes logged calls. What is answered as accepted is stored, once per idempotency key. */
@Injectable()
export class TrackRequests {
  private readonly commits: GroupCommit<NewLog, RecordedLog>;

  constructor(
    private readonly logs: RequestLogsRepository,
    private readonly trackedCalls: TrackedCalls,
    private readonly clock: Clock,
  ) {
    this.commits = new GroupCommit({
      write: (together) => this.write(together),
      overloaded: () => new TooManyLogs(),
      itemsPerCommit: 1_000,
      commitsAtOnce: 2,
      waitingMax: 50_000,
    });
  }

  /**
   * Throws the refusal: `LogKeyUnknown`, `LogCustomerUnknown`, `LogProjectUnknown`, `LogTimeOutOfRange`,
   * `TrackedCallsUsedUp`.
   */
  async one(environmentId: string, call: LoggedCall): Promise<Logged> {
    await this.trackedCalls.admit(environmentId);
    const [recorded] = await this.commits.add([this.storable(environmentId, call)]);
    return settled(call, recorded);
  }

  /**
   * Each call on its own: a bad one is rejected with its reason, and its neighbours are logged. Throws
   * `TrackedCallsUsedUp`.
   */
  async batch(environmentId: string, items: readonly unknown[]): Promise<{ results: LoggedItem[] }> {
    await this.trackedCalls.admit(environmentId);
    const checked = items.map((item) => this.check(environmentId, item));
    const fit = checked.flatMap((item) => ('log' in item ? [item] : []));
    const recorded = await this.commits.add(fit.map(({ log }) => log));

    const answers = new Map(fit.map((item, index) => [item, recorded[index]]));
    return {
      results: checked.map((item) => {
        if ('refusal' in item) {
          return rejected(item.refusal);
        }
        try {
          return { ...settled(item.said, answers.get(item)), error: null };
        } catch (error) {
          if (error instanceof AppError) {
            return rejected(error);
          }
          throw error;
        }
      }),
    };
  }

  private async write(together: readonly NewLog[]): Promise<RecordedLog[]> {
    const recorded = await this.logs.record(together, this.clock.now());
    const accepted = new Map<string, string[]>();
    for (const [index, { outcome, log_id: id }] of recorded.entries()) {
      const environmentId = together[index]?.environment_id;
      if (outcome === 'accepted' && id !== null && environmentId !== undefined) {
        const ids = accepted.get(environmentId) ?? [];
        ids.push(id);
        accepted.set(environmentId, ids);
      }
    }
    await Promise.all(
      [...accepted].map(([environmentId, [first = '', ...others]]) =>
        this.trackedCalls.count(environmentId, others.length + 1, first),
      ),
    );
    return recorded;
  }

  private check(environmentId: string, item: unknown): Checked {
    const parsed = loggedCall.safeParse(item);
    if (!parsed.success) {
      return { refusal: invalidRequest(parsed.error.issues) };
    }
    try {
      return { log: this.storable(environmentId, parsed.data), said: parsed.data };
    } catch (error) {
      if (error instanceof AppError) {
        return { refusal: error };
      }
      throw error;
    }
  }

  private storable(environmentId: string, call: LoggedCall): NewLog {
    const now = this.clock.now();
    const occurredAt = call.timestamp === undefined ? now : new Date(call.timestamp);
    const age = now.getTime() - occurredAt.getTime();
    if (age > behindMax || age < -aheadMax) {
      throw new LogTimeOutOfRange();
    }
    return {
      environment_id: environmentId,
      id: newId('request_log'),
      idempotency_key: call.idempotency_key ?? null,
      key_id: call.key ?? null,
      customer: call.customer === undefined ? null : plainReference(call.customer),
      new_customer_id: newId('customer'),
      project_id: call.project ?? null,
      endpoint: endpointOf(call.endpoint),
      method: call.method,
      status_code: call.status_code,
      response_time_ms: call.response_time_ms,
      occurred_at: occurredAt,
    };
  }
}

type Checked = { log: NewLog; said: LoggedCall } | { refusal: AppError };

function settled(call: LoggedCall, recorded: RecordedLog | undefined): Logged {
  switch (recorded?.outcome) {
    case 'accepted':
    case 'duplicate':
      return { id: recorded.log_id ?? '', status: recorded.outcome };
    case 'no_key':
      throw new LogKeyUnknown(call.key ?? '');
    case 'no_customer':
      throw new LogCustomerUnknown(call.customer ?? '');
    case 'no_project':
      throw new LogProjectUnknown(call.project ?? '');
    case undefined:
      throw new Error('A call was recorded without an answer.');
  }
}

function rejected({ code, message, param }: AppError): LoggedItem {
  return {
    id: null,
    status: 'rejected',
    error: { code, message, ...(param === undefined ? {} : { param }) },
  };
}
