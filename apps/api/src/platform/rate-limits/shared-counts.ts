/** How many calls there were in this minute and the one before, as far as this process knows. */
interface Count {
  minute: number;
  /** In the minute before, in all processes. */
  before: number;
  /** In this minute, in other processes. */
  elsewhere: number;
  /** In this minute, in this process. */
  here: number;
  /** Of those, what others have not been told of. */
  untold: number;
}

const minuteMs = 60_000;

/**
 * Counts calls by name in memory, and now and then together with other processes: what protects the service from too much
 * must not cost each call a round trip. Between two exchanges a process knows only its own.
 */
export class SharedCounts {
  private readonly counts = new Map<string, Count>();

  /**
   * Lets a call through unless the last minute had `limit`: of the minute before, as much counts as the sliding minute still
   * covers. At 15 seconds into a minute, 80 before and 40 now are 100. Answers 0, or the seconds until it is worth trying.
   */
  take(name: string, limit: number, nowMs: number): number {
    const count = this.countOf(name, nowMs);
    const share = 1 - (nowMs % minuteMs) / minuteMs;
    if (count.before * share + count.elsewhere + count.here + 1 > limit) {
      return Math.max(1, Math.ceil((minuteMs - (nowMs % minuteMs)) / 1_000));
    }
    count.here += 1;
    count.untold += 1;
    return 0;
  }

  /**
   * Tells others what they do not know, by a function that adds to a name's count of a minute and answers with the sum. When
   * it fails, they are told the next time.
   */
  async exchange(
    add: (counts: { name: string; minute: number; calls: number }[]) => Promise<number[]>,
    nowMs: number,
  ) {
    const minute = Math.floor(nowMs / minuteMs);
    const told: { name: string; minute: number; calls: number; count: Count }[] = [];
    for (const [name, count] of this.counts) {
      if (count.minute < minute - 1) {
        this.counts.delete(name);
      } else if (count.untold > 0) {
        told.push({ name, minute: count.minute, calls: count.untold, count });
        count.untold = 0;
      }
    }
    if (told.length === 0) {
      return;
    }
    try {
      const sums = await add(told.map(({ name, minute: of, calls }) => ({ name, minute: of, calls })));
      told.forEach(({ count, minute: of }, index) => {
        const sum = sums[index];
        if (sum !== undefined && count.minute === of) {
          count.elsewhere = Math.max(count.elsewhere, sum - (count.here - count.untold));
        }
      });
    } catch (error) {
      for (const { count, minute: of, calls } of told) {
        count.untold += count.minute === of ? calls : 0;
      }
      throw error;
    }
  }

  private countOf(name: string, nowMs: number): Count {
    const minute = Math.floor(nowMs / minuteMs);
    const known = this.counts.get(name);
    if (known === undefined) {
      const count: Count = { minute, before: 0, elsewhere: 0, here: 0, untold: 0 };
      this.counts.set(name, count);
      return count;
    }
    if (known.minute !== minute) {
      known.before = known.minute === minute - 1 ? known.elsewhere + known.here : 0;
      Object.assign(known, { minute, elsewhere: 0, here: 0, untold: 0 });
    }
    return known;
  }
}
