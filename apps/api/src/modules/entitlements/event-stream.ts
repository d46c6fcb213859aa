import { Readable } from 'node:stream';

/** A reader that is further behind is left out, and told so when it has caught up. */
const pendingBytesMax = 1024 * 1024;
/** Proxies end connections on which nothing is said, and a reader that hears nothing for longer knows it lost us. */
const heartbeatMs = 15_000;
/** A reader that took nothing for so many heartbeats is gone, or will never catch up. */
const stalledHeartbeatsMax = 4;
/** Ended and opened again now and then, so that a credential that was revoked does not go on reading. */
const lifetimeMs = 5 * 60_000;

export interface StreamEvent {
  /** Where the stream goes on from, for `Last-Event-ID`. */
  id: string;
  name: 'entitlements' | 'usage' | 'reset' | 'ready';
  /** One line of JSON. */
  data: string;
}

/** As the HTML standard has it: `id`, `event`, `data` and an empty line. */
export function eventText({ id, name, data }: StreamEvent): string {
  return `id: ${id}\nevent: ${name}\ndata: ${data}\n\n`;
}

/**
 * The body of one answer that goes on: what is sent to it, and a comment when nothing is. What its reader has not taken
 * is kept up to 1 MB; beyond that events are dropped, and `onCaughtUp` is told when the reader can be told anew.
 */
export class EventStream extends Readable {
  private readonly heartbeat: NodeJS.Timeout;
  private readonly end: NodeJS.Timeout;
  private isBehind = false;
  private isFinished = false;
  private heartbeatsBehind = 0;

  constructor(private readonly onCaughtUp: () => void) {
    super();
    this.heartbeat = setInterval(() => this.beat(), heartbeatMs).unref();
    // Not all at once: streams that began together should not come back together.
    this.end = setTimeout(() => this.finish(), lifetimeMs * (0.8 + Math.random() * 0.4)).unref();
    this.push(': connected\n\n');
  }

  send(text: string): void {
    if (this.isBehind || this.isFinished || this.destroyed) {
      return;
    }
    if (this.readableLength + text.length > pendingBytesMax) {
      this.isBehind = true;
      return;
    }
    this.push(text);
  }

  /** Ends the answer after what is on its way. */
  finish(): void {
    if (!this.destroyed && !this.isFinished) {
      this.isFinished = true;
      this.push(null);
    }
  }

  /** Asked for more: what was kept is taken, but for a little. */
  override _read(): void {
    if (this.isBehind) {
      this.isBehind = false;
      this.heartbeatsBehind = 0;
      // Not within the call that asks for more.
      setImmediate(() => this.onCaughtUp());
    }
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearInterval(this.heartbeat);
    clearTimeout(this.end);
    done(error);
  }

  private beat(): void {
    this.heartbeatsBehind = this.isBehind ? this.heartbeatsBehind + 1 : 0;
    if (this.heartbeatsBehind >= stalledHeartbeatsMax) {
      this.destroy();
    } else if (this.readableLength === 0) {
      this.send(': heartbeat\n\n');
    }
  }
}
