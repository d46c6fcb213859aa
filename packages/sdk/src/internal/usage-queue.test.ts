import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  apiError,
  AuthenticationError,
  ConflictError,
  ConnectionError,
  InvalidRequestError,
  TimeoutError,
  UsageQueueFullError,
} from '../core/errors.ts';
import { UsageQueue, type UsageQueueSettings } from './usage-queue.ts';

interface Event {
  idempotency_key: string;
  note?: string;
}

type Send = UsageQueueSettings<Event>['send'];

const event = (index: number): Event => ({ idempotency_key: `key_${index}` });
const accepted = (events: Event[]) =>
  events.map(({ idempotency_key }) => ({
    idempotency_key,
    status: 'accepted' as const,
    id: `evt_${idempotency_key}`,
    error: null,
  }));
const away = () => new ConnectionError('away');

let queue: UsageQueue<Event>;
const given: { sent: Event[][]; lost: [unknown, Event][] } = { sent: [], lost: [] };
afterEach(() => queue.close(0));

function newQueue(
  answer: (events: Event[], attempt: number) => ReturnType<typeof accepted> | object[] | Error,
  settings: Partial<UsageQueueSettings<Event>> = {},
) {
  given.sent = [];
  given.lost = [];
  const send: Send = async (events) => {
    given.sent.push(events);
    const result = answer(events, given.sent.length);
    if (result instanceof Error) {
      throw result;
    }
    return result as Awaited<ReturnType<Send>>;
  };
  queue = new UsageQueue<Event>({
    send,
    onError: (error, lost) => given.lost.push([error, lost]),
    queuedMax: 3_000,
    delayMs: 20,
    ...settings,
  });
}

describe('the usage queue', () => {
  it('sends what is tracked together in one batch', async () => {
    newQueue(accepted);

    const tracked = await Promise.all([1, 2, 3].map((index) => queue.add(event(index))));

    expect(given.sent.map((batch) => batch.length)).toEqual([3]);
    expect(tracked[1]).toEqual({ id: 'evt_key_2', idempotency_key: 'key_2', status: 'accepted' });
  });

  it('sends at most 1,000 events and 900,000 bytes at once', async () => {
    newQueue(accepted);

    const many = Array.from({ length: 2_500 }, (_, index) => queue.add(event(index)));
    await Promise.all(many);
    expect(given.sent.map((batch) => batch.length)).toEqual([1_000, 1_000, 500]);

    given.sent = [];
    const large = [1, 2, 3].map((index) => queue.add({ ...event(index), note: 'ä'.repeat(200_000) }));
    await Promise.all(large);
    expect(given.sent.map((batch) => batch.length)).toEqual([2, 1]);
  });

  it('keeps sending the same events until they are stored', async () => {
    newQueue((events, attempt) => (attempt < 3 ? away() : accepted(events)));

    const tracked = await queue.add(event(1));

    expect(tracked.status).toBe('accepted');
    expect(given.sent).toEqual([[event(1)], [event(1)], [event(1)]]);
    expect(given.lost).toEqual([]);
  });

  it('rejects what the API rejects, with the error of a single event, and nothing else', async () => {
    newQueue((events) =>
      accepted(events).map((result, index) =>
        index === 0
          ? result
          : {
              idempotency_key: result.idempotency_key,
              status: 'rejected',
              id: null,
              error:
                index === 1
                  ? { code: 'idempotency_conflict', message: 'Came before.' }
                  : { code: 'meter_unknown', message: 'No.', param: 'meter' },
            },
      ),
    );

    const [first, second, third] = await Promise.allSettled(
      [1, 2, 3].map((index) => queue.add(event(index))),
    );

    expect(first).toMatchObject({ status: 'fulfilled' });
    expect(second).toMatchObject({ reason: expect.any(ConflictError) });
    expect(third).toMatchObject({ reason: expect.any(InvalidRequestError) });
    expect(third).toMatchObject({ reason: { code: 'meter_unknown', param: 'meter' } });
    expect(given.lost.map(([, lost]) => lost)).toEqual([event(2), event(3)]);
  });

  it('answers the same key twice in a batch by position', async () => {
    newQueue((events) =>
      accepted(events).map((result, index) => (index === 0 ? result : { ...result, status: 'duplicate' })),
    );

    const tracked = await Promise.all([queue.add(event(1)), queue.add(event(1))]);

    expect(tracked.map(({ status }) => status)).toEqual(['accepted', 'duplicate']);
  });

  it('gets the neighbours of an event through that makes a whole batch unreadable', async () => {
    newQueue((events) =>
      events.some(({ idempotency_key }) => idempotency_key === 'key_5')
        ? apiError({ status: 422, code: 'invalid_request', message: 'no' })
        : accepted(events),
    );

    const settled = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) => queue.add(event(index))),
    );

    expect(settled.map(({ status }) => status === 'fulfilled')).toEqual(
      Array.from({ length: 10 }, (_, index) => index !== 5),
    );
  });

  it('rejects every event when the key is refused, without repeating', async () => {
    newQueue(() => apiError({ status: 401, code: 'credential_invalid', message: 'no' }));

    await expect(queue.add(event(1))).rejects.toBeInstanceOf(AuthenticationError);

    expect(given.sent).toHaveLength(1);
  });

  it('does not take for stored what an answer leaves out', async () => {
    newQueue((events) => accepted(events).slice(1));

    const settled = await Promise.allSettled([queue.add(event(1)), queue.add(event(2))]);

    expect(settled).toMatchObject([
      { reason: { code: 'answer_unreadable' } },
      { reason: { code: 'answer_unreadable' } },
    ]);
  });

  it('refuses an event when it is full, and takes events again once there is room', async () => {
    newQueue(accepted);
    const taken = Array.from({ length: 3_000 }, (_, index) => queue.add(event(index)));

    await expect(queue.add(event(3_000))).rejects.toBeInstanceOf(UsageQueueFullError);

    await Promise.all(taken);
    await queue.flush(1_000);
    expect(await queue.add(event(3_000))).toMatchObject({ status: 'accepted' });
  });

  it('tells of a lost event that nobody awaits, instead of ending the process', async () => {
    newQueue(() => apiError({ status: 403, code: 'scope_missing', message: 'no' }));

    void queue.add(event(1));
    await queue.flush(1_000);

    expect(given.lost).toMatchObject([[{ code: 'scope_missing' }, event(1)]]);
  });
});

describe('an event that cannot be sent', () => {
  it('is refused at once, whatever it holds, and its neighbours are sent', async () => {
    newQueue(accepted);
    const endless: Event & { self?: unknown } = event(1);
    endless.self = endless;
    const large: Event & { size: bigint } = { ...event(2), size: 10n };

    const settled = await Promise.allSettled([endless, large, event(3)].map((one) => queue.add(one)));

    expect(settled).toMatchObject([
      { reason: { code: 'argument_invalid', message: 'The event cannot be written as JSON.' } },
      { reason: { code: 'argument_invalid' } },
      { status: 'fulfilled' },
    ]);
    expect(given.sent).toEqual([[event(3)]]);
    expect(given.lost).toHaveLength(2);
  });

  it('does not end the process when whoever is told of it throws', async () => {
    const printed = vi.spyOn(console, 'error').mockReturnValue();
    const unhandled = vi.fn<(reason: unknown) => void>();
    process.on('unhandledRejection', unhandled);
    try {
      newQueue(() => apiError({ status: 403, code: 'scope_missing', message: 'no' }), {
        onError: () => {
          throw new Error('no such log');
        },
      });

      void queue.add(event(1));
      await queue.flush(1_000);
      await new Promise((resolve) => setTimeout(resolve, 20));

      expect(unhandled).not.toHaveBeenCalled();
      expect(String(printed.mock.calls[0]?.[1])).toContain('no such log');
    } finally {
      process.off('unhandledRejection', unhandled);
      printed.mockRestore();
    }
  });
});

describe('flush', () => {
  it('sends at once and waits until all is settled', async () => {
    newQueue(accepted);
    const states: string[] = [];
    for (const index of [1, 2]) {
      void queue.add(event(index)).then(({ status }) => states.push(status));
    }

    await queue.flush(1_000);

    expect(states).toEqual(['accepted', 'accepted']);
    await queue.flush(1_000);
  });

  it('says so when it takes too long, and keeps the events', async () => {
    let isAway = true;
    newQueue((events) => (isAway ? away() : accepted(events)));
    const tracked = queue.add(event(1));

    await expect(queue.flush(50)).rejects.toBeInstanceOf(TimeoutError);

    isAway = false;
    expect(await tracked).toMatchObject({ status: 'accepted' });
  });

  it('does not wait out a pause: who shuts down gets another try', async () => {
    const limited = apiError({ status: 429, code: 'rate_limited', message: '', retryAfterMs: 60_000 });
    newQueue((events, attempt) => (attempt === 1 ? limited : accepted(events)));
    const tracked = queue.add(event(1));
    await vi.waitFor(() => expect(given.sent).toHaveLength(1));

    await queue.close(1_000);

    expect(await tracked).toMatchObject({ status: 'accepted' });
  });
});

describe('an attempt', () => {
  it('sends at once and waits until all is settled', async () => {
    newQueue(accepted);
    const states: string[] = [];
    void queue.add(event(1)).then(({ status }) => states.push(status));

    await queue.attempt(1_000);

    expect(states).toEqual(['accepted']);
    await queue.attempt(1_000);
  });

  it('waits neither for the next try nor for an answer that takes too long', async () => {
    const limited = apiError({ status: 503, code: 'http_503', message: '', retryAfterMs: 60_000 });
    newQueue(() => limited);
    void queue.add(event(1)).catch(() => undefined);
    await queue.attempt(60_000);
    await queue.attempt(60_000);
    expect(given.sent).toHaveLength(1);
    await queue.close(0);

    newQueue(accepted, {
      send: (_, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    });
    void queue.add(event(1));
    await queue.attempt(50);
  });
});

describe('close', () => {
  it('sends what waits and takes no more', async () => {
    newQueue(accepted);
    const tracked = queue.add(event(1));

    await queue.close(1_000);

    expect(await tracked).toMatchObject({ status: 'accepted' });
    await expect(queue.add(event(2))).rejects.toMatchObject({ code: 'client_closed' });
    await queue.close(1_000);
  });

  it('gives up, and says of which events, what cannot be stored in time', async () => {
    newQueue(away);
    const tracked = [queue.add(event(1)), queue.add(event(2))];

    await queue.close(50);

    for (const promise of tracked) {
      await expect(promise).rejects.toBeInstanceOf(TimeoutError);
    }
    expect(given.lost.map(([, lost]) => lost)).toEqual([event(1), event(2)]);
  });
});
