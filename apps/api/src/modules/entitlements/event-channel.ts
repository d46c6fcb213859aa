import { randomUUID } from 'node:crypto';
import { eventText, type EventStream, type StreamEvent } from './event-stream.ts';

/** How many events a reader that was away for a moment can be told of. */
const keptMax = 1_000;

/** Something that happened to a customer, who is filed under `customer`. */
export interface Happening {
  customer: string;
  name: 'entitlements' | 'usage';
  data: string;
}

export interface Reader {
  stream: EventStream;
  /** What the customers are filed under. Undefined: all of the environment. */
  customers: ReadonlySet<string> | undefined;
}

/**
 * The events of one environment in this process: numbered, told to every reader that follows the customer, and the
 * last of them kept for those who come back.
 */
export class EventChannel {
  readonly readers = new Set<Reader>();
  /** Until it ends, when nobody reads it. */
  lingering: NodeJS.Timeout | undefined;
  /** Numbers of another process, or from before something was missed, mean nothing here. */
  private name = newName();
  private last = 0;
  private readonly kept: (Happening & { number: number; text: string })[] = [];

  publish(happenings: readonly Happening[]): void {
    const events = happenings.map((happening) => {
      this.last += 1;
      const event = { id: this.idOf(this.last), name: happening.name, data: happening.data };
      return { ...happening, number: this.last, text: eventText(event) };
    });
    this.kept.push(...events);
    this.kept.splice(0, this.kept.length - keptMax);
    for (const reader of this.readers) {
      this.sendTo(reader, events);
    }
  }

  /** Tells one reader something about itself, numbered as what was last told to all. */
  tell(reader: Reader, name: StreamEvent['name'], data = '{}'): void {
    reader.stream.send(eventText({ id: this.idOf(this.last), name, data }));
  }

  /** Tells a reader what it missed since an event. False: that is not known any more, and it was told nothing. */
  resume(reader: Reader, lastEventId: string): boolean {
    const [name, text = ''] = lastEventId.split('.');
    const number = Number(text);
    const oldest = this.kept[0]?.number ?? this.last + 1;
    if (name !== this.name || !Number.isSafeInteger(number) || number > this.last || number < oldest - 1) {
      return false;
    }
    this.sendTo(
      reader,
      this.kept.filter((event) => event.number > number),
    );
    return true;
  }

  /** Something was missed: nobody goes on from before it. */
  startOver(): void {
    this.name = newName();
    this.kept.length = 0;
  }

  private sendTo({ stream, customers }: Reader, events: readonly { customer: string; text: string }[]): void {
    const text = events
      .filter(({ customer }) => customers?.has(customer) ?? true)
      .map((event) => event.text)
      .join('');
    if (text !== '') {
      stream.send(text);
    }
  }

  private idOf(number: number): string {
    return `${this.name}.${number}`;
  }
}

function newName(): string {
  return randomUUID().slice(0, 8);
}
