import { z } from 'zod';
import type { Sale } from './customers.ts';

const dayMs = 24 * 60 * 60 * 1000;
const answer = z.object({ now: z.number() });

/** When Stripe's time begins for a new demo merchant: before the first sale. */
export function beginningOfTheStory(): Date {
  return new Date(Date.now() - 160 * dayMs);
}

/** The emulator's time, moved forward as the story of the demo merchant goes on. */
export class StripeTime {
  private readonly emulatorUrl: string;

  constructor(emulatorUrl: string) {
    this.emulatorUrl = emulatorUrl;
  }

  /** Lets everything happen on Stripe that falls due until then. Never back. */
  async moveTo(moment: Date): Promise<void> {
    const seconds = Math.floor(moment.getTime() / 1000) - (await this.advance(0));
    if (seconds > 0) await this.advance(seconds);
  }

  private async advance(seconds: number): Promise<number> {
    const response = await fetch(`${this.emulatorUrl}/_emulator/clock/advance`, {
      method: 'POST',
      body: JSON.stringify({ seconds }),
    });
    return answer.parse(await response.json()).now;
  }
}

/** When a sale was made: `monthsAgo` before the day on which the period that runs now began. */
export function dateOfSale({ monthsAgo, daysAgo }: Sale): Date {
  return monthsLater(new Date(Date.now() - daysAgo * dayMs), -monthsAgo);
}

/** The same day of another month, or its last day when it has no such day. */
export function monthsLater(date: Date, months: number): Date {
  const there = new Date(date);
  there.setUTCMonth(there.getUTCMonth() + months);
  if (there.getUTCDate() !== date.getUTCDate()) there.setUTCDate(0);
  return there;
}
