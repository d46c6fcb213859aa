import type { NewEvent, RecordedEvent, RecordedTotal } from './usage-event.ts';

/** A row of `app.record_usage`: the answer to an event, or a total. */
export interface RecordRow extends Omit<RecordedTotal, 'environment_id'> {
  environment_id: string | null;
  /** From 1. Null: a total. */
  position: number | null;
  outcome: RecordedEvent['outcome'] | null;
  event_id: string | null;
  late: boolean;
  /** Of a total: how many events are in it of which nothing is said but that they were accepted. */
  recorded: number | null;
}

/**
 * The arrays that `app.record_usage` takes, written as Postgres reads them: `pg` would look at each value three times. A
 * column in which nothing was said is null.
 */
export function recordArguments(events: readonly NewEvent[]) {
  const environments: string[] = [];
  const customers: string[] = [];
  const meters: string[] = [];
  const known = new Map<string, number>();
  const targets = events.map(({ environment_id: environment, customer, meter }) => {
    // A meter's key and an environment's id have no spaces.
    const name = `${environment} ${meter} ${customer}`;
    let target = known.get(name);
    if (target === undefined) {
      target = environments.push(environment);
      customers.push(customer);
      meters.push(meter);
      known.set(name, target);
    }
    return target;
  });
  return {
    targets: { environments: plain(environments), customers: quoted(customers), meters: quoted(meters) },
    columns: {
      targets: plain(targets),
      keys: quoted(events.map((event) => event.idempotency_key)),
      fingerprints: `{${events.map(({ fingerprint }) => `"\\\\x${fingerprint}"`).join()}}`,
      ids: plain(events.map(({ id }) => id)),
      values: plain(events.map(({ value }) => value)),
      occurred_at: events.every((event) => event.occurred_at === null)
        ? null
        : plain(events.map((event) => event.occurred_at?.toISOString() ?? 'null')),
      properties: events.every(({ properties }) => properties === null)
        ? null
        : `{${events.map(({ properties }) => (properties === null ? 'null' : quote(properties))).join()}}`,
    },
  };
}

/** The answer to each event, in their order, and the totals they brought about. Throws when one is without an answer. */
export function recordedFrom(
  events: readonly NewEvent[],
  rows: readonly RecordRow[],
): { answers: RecordedEvent[]; totals: RecordedTotal[] } {
  const answers = events.map(({ id }): RecordedEvent => ({ outcome: 'accepted', event_id: id, late: false }));
  const totals: RecordedTotal[] = [];
  let answered = 0;
  for (const {
    position,
    outcome,
    event_id: id,
    environment_id: environment,
    late,
    recorded,
    ...total
  } of rows) {
    if (position !== null && outcome !== null) {
      answers[position - 1] = { outcome, event_id: id, late };
      answered += 1;
    } else {
      answered += recorded ?? 0;
    }
    if (environment !== null) {
      totals.push({ environment_id: environment, ...total });
    }
  }
  if (answered !== events.length) {
    throw new Error(`${events.length} events were recorded, and ${answered} were answered.`);
  }
  return { answers, totals };
}

/** Of what holds no character that means something in an array. */
function plain(values: readonly (string | number)[]): string {
  return `{${values.join()}}`;
}

function quoted(values: readonly string[]): string {
  return `{${values.map(quote).join()}}`;
}

function quote(value: string): string {
  return `"${/["\\]/.test(value) ? value.replaceAll(/["\\]/g, '\\$&') : value}"`;
}
