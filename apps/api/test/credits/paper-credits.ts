const day = 86_400_000;

export interface Terms {
  quantity: number;
  rollover: { max: number; periods: number } | null;
}

interface Grant {
  /** Of those that somebody gives by hand. */
  id: string | null;
  source: 'manual' | 'plan' | 'rollover';
  left: number;
  /** What making it void took. Null: it is not void. */
  voided: number | null;
  from: number;
  until: number;
  priority: number;
}

/**
 * Credits as anybody would do them on paper: a list of grants, looked through from its beginning. A unit costs 2 and nothing
 * is included; one plan grants by the day, counted from the start.
 */
export class PaperCredits {
  readonly grants: Grant[] = [];
  private plan: (Terms & { resets_at: number; granted: number; runs: boolean }) | undefined;
  private readonly months = new Map<number, { used: number; paid: number; burns: [Grant, number][] }>();

  constructor(private readonly start: number) {}

  give(id: string, left: number, terms: { from: number; until: number; priority: number }): void {
    this.grants.push({ id, source: 'manual', left, voided: null, ...terms });
  }

  /** What falls due up to now, boundary by boundary. */
  settle(now: number): void {
    while (this.plan?.runs === true && this.plan.resets_at <= now) {
      this.reset(this.plan, this.plan.resets_at);
    }
    this.expire(now, () => true);
  }

  use(units: number, now: number): void {
    const month = this.monthOf(now);
    let owed = units * 2;
    for (const grant of this.usable(now)) {
      const taken = Math.min(owed, grant.left);
      grant.left -= taken;
      owed -= taken;
      month.burns.push([grant, taken]);
    }
    month.used += units;
    month.paid += units - owed / 2;
  }

  usedIn(now: number): number {
    return this.monthOf(now).used;
  }

  /** Takes away what nobody paid for first, and gives the rest back to what was burned last. */
  correct(units: number, now: number): void {
    const month = this.monthOf(now);
    month.used -= units;
    let owed = 2 * Math.min(units, Math.max(0, month.paid - month.used));
    month.paid -= owed / 2;
    while (owed > 0) {
      const [grant, burned] = month.burns.pop() ?? [undefined, 0];
      if (grant === undefined) {
        throw new Error('More is given back than was burned.');
      }
      const back = Math.min(owed, burned);
      if (back < burned) {
        month.burns.push([grant, burned - back]);
      }
      owed -= back;
      if (grant.voided !== null) {
        grant.voided += back;
      } else if (grant.until > now) {
        grant.left += back;
      }
    }
  }

  makeVoid(grant: Grant): void {
    grant.voided ??= grant.left;
    grant.left = 0;
  }

  restore(grant: Grant, now: number): void {
    grant.left = grant.voided === null ? grant.left : grant.until <= now ? 0 : grant.voided;
    grant.voided = null;
  }

  /** The plan grants so much from now on. */
  change(terms: Terms, now: number): void {
    const isOver = this.plan === undefined || this.plan.resets_at <= now;
    const resetsAt =
      this.plan === undefined || isOver
        ? this.start + (Math.floor((now - this.start) / day) + 1) * day
        : this.plan.resets_at;
    const granted = this.plan === undefined || isOver ? 0 : this.plan.granted;
    this.plan = { ...terms, resets_at: resetsAt, granted: Math.max(granted, terms.quantity), runs: true };
    if (terms.quantity > granted) {
      this.grantPlan(terms.quantity - granted, now, resetsAt);
    }
  }

  /** No period begins any more; of a plan that is over, what is left goes, too. */
  stop(isEnd: boolean): void {
    if (this.plan === undefined) {
      return;
    }
    this.plan.runs = false;
    for (const grant of this.grants.filter(({ source, left }) => isEnd && source !== 'manual' && left > 0)) {
      this.makeVoid(grant);
    }
  }

  balance(now: number): number {
    return this.usable(now).reduce((sum, { left }) => sum + left, 0);
  }

  /** What is left, of what stands for the same: by id, or by source and end. */
  left(): Record<string, number> {
    const left: Record<string, number> = {};
    for (const { id, source, until, left: one } of this.grants) {
      const name = id ?? `${source} ${until}`;
      left[name] = (left[name] ?? 0) + one;
    }
    return left;
  }

  private usable(now: number): Grant[] {
    const rank = ({ source }: Grant) => (source === 'rollover' ? 0 : source === 'plan' ? 1 : 2);
    return this.grants
      .filter(({ left, from, until }) => left > 0 && from <= now && until > now)
      .sort(
        (a, b) =>
          a.priority - b.priority ||
          rank(a) - rank(b) ||
          a.until - b.until ||
          ((a.id ?? '') < (b.id ?? '') ? -1 : 1),
      );
  }

  private reset(plan: NonNullable<typeof this.plan>, at: number): void {
    const ends = ({ source, until }: Grant) => source === 'plan' && until === at;
    this.expire(at, (grant) => !ends(grant));
    const living = this.grants
      .filter(({ source, until }) => source === 'rollover' && until > at)
      .reduce((sum, { left }) => sum + left, 0);
    const ended = this.grants.filter(ends);
    const rest = ended.reduce((sum, { left }) => sum + left, 0);
    const carried = Math.min(rest, Math.max(0, (plan.rollover?.max ?? 0) - living));
    for (const grant of ended) {
      grant.left = 0;
    }
    if (carried > 0) {
      const until = at + (plan.rollover?.periods ?? 0) * day;
      this.grants.push({ ...blank, source: 'rollover', left: carried, from: at, until });
    }
    plan.resets_at = at + day;
    plan.granted = plan.quantity;
    this.grantPlan(plan.quantity, at, plan.resets_at);
  }

  private grantPlan(left: number, from: number, until: number): void {
    this.grants.push({ ...blank, source: 'plan', left, from, until });
  }

  private expire(at: number, what: (grant: Grant) => boolean): void {
    for (const grant of this.grants.filter((one) => one.until <= at && what(one))) {
      grant.left = 0;
    }
  }

  private monthOf(now: number) {
    const at = new Date(now);
    const key = at.getUTCFullYear() * 12 + at.getUTCMonth();
    const month = this.months.get(key) ?? { used: 0, paid: 0, burns: [] };
    this.months.set(key, month);
    return month;
  }
}

const blank = { id: null, voided: null, priority: 50 };
