import { ConnectionError, TimeoutError } from '../core/errors.ts';

export interface ServerSentEvent {
  /** `heartbeat`: a comment, which says only that the connection is alive. */
  name: string;
  id: string;
  data: string;
}

/** An event is a few kilobytes; more is not BillingOS. */
const textMax = 4 * 1024 * 1024;

/**
 * The events of a body, as the HTML standard has them, until it ends. Throws a TimeoutError when nothing comes for
 * `silenceMs`: BillingOS says something every 15 seconds.
 */
export async function* readServerSentEvents(
  body: ReadableStream<Uint8Array>,
  { silenceMs, signal }: { silenceMs: number; signal: AbortSignal | undefined },
): AsyncGenerator<ServerSentEvent, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await withinSilence(reader.read(), silenceMs, signal);
      if (done) {
        return;
      }
      text = (text + decoder.decode(value, { stream: true })).replaceAll('\r\n', '\n');
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const event = text.slice(0, end);
        text = text.slice(end + 2);
        yield parseEvent(event);
      }
      if (text.length > textMax) {
        throw new ConnectionError('The stream sent an event without an end. Check baseUrl.', {
          code: 'answer_unreadable',
        });
      }
    }
  } finally {
    // Ends the connection, also when the caller stopped reading.
    await reader.cancel().catch(() => undefined);
  }
}

function parseEvent(text: string): ServerSentEvent {
  const event = { name: 'heartbeat', id: '', data: '' };
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    const value = line.slice(colon + 1).replace(/^ /, '');
    switch (line.slice(0, colon)) {
      case 'event':
        event.name = value;
        break;
      case 'id':
        event.id = value;
        break;
      case 'data':
        event.data += value;
        break;
    }
  }
  return event;
}

/** What is read, or an error when it takes too long or the caller gives up. */
function withinSilence<T>(read: Promise<T>, silenceMs: number, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (settled: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      settled();
    };
    const stop = () => settle(() => reject(signal?.reason));
    const timer = setTimeout(
      () => settle(() => reject(new TimeoutError(`The stream was silent for ${silenceMs} ms.`))),
      silenceMs,
    );
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted === true) {
      stop();
    }
    read.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) =>
        settle(() => reject(new ConnectionError('The stream broke off.', { cause: error }))),
    );
  });
}
