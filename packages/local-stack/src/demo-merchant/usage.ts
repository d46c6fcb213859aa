const dayMs = 24 * 60 * 60 * 1000;
const eventsPerDay = 6;

/** One use of a meter, as `POST /usage/track` takes it. */
export interface DemoUsage {
  idempotency_key: string;
  customer: string;
  meter: string;
  value: number;
  occurred_at: string;
  properties?: Record<string, string>;
}

/**
 * What a customer used since their period began, `total` together: fewer events at weekends, slowly more over the days; the
 * same each time for the same customer and days.
 */
export function usageSince(
  began: Date,
  use: { customer: string; meter: string; total: number },
): DemoUsage[] {
  const now = Date.now();
  const moments: Date[] = [];
  for (let at = began.getTime() + 1; at < now; at += dayMs / eventsPerDay) moments.push(new Date(at));
  const weights = moments.map((moment, index) => weightOf(moment, index / moments.length, use.customer));
  const sum = weights.reduce((left, right) => left + right, 0);
  let weighed = 0;
  let given = 0;
  return moments.flatMap((moment, index) => {
    weighed += weights[index] ?? 0;
    // What is rounded away here comes a little later, not all of it on the last day.
    const value = Math.round((use.total * weighed) / sum) - given;
    given += value;
    if (value === 0) return [];
    return [
      {
        idempotency_key: `demo-${use.customer}-${use.meter}-${index}`,
        customer: use.customer,
        meter: use.meter,
        value,
        occurred_at: moment.toISOString(),
      },
    ];
  });
}

/** Counted one by one: for a meter that counts events. */
export function single(usage: DemoUsage[]): DemoUsage[] {
  return usage.flatMap((event) =>
    Array.from({ length: event.value }, (_, index) => ({
      ...event,
      idempotency_key: `${event.idempotency_key}-${index}`,
      value: 1,
    })),
  );
}

/** Gives each event one of the words as a property; a word that is listed twice comes twice as often. */
export function spread(usage: DemoUsage[], property: string, words: readonly string[]): DemoUsage[] {
  return usage.map((event, index) => {
    const word = words[(index * 7 + event.customer.length) % words.length] ?? '';
    return { ...event, properties: { [property]: word } };
  });
}

function weightOf(moment: Date, progress: number, customer: string): number {
  const isWeekend = [0, 6].includes(moment.getUTCDay());
  const daylight = 1 + Math.sin(((moment.getUTCHours() - 8) / 24) * 2 * Math.PI) * 0.6;
  const mood = 1 + ((customer.length * 7 + moment.getUTCDate() * 3) % 5) / 6;
  return daylight * mood * (0.8 + progress * 0.7) * (isWeekend ? 0.35 : 1);
}
