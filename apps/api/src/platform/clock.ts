import { Injectable } from '@nestjs/common';

/** The only source of "now" in product code, so that a test can live through a year. */
@Injectable()
export class Clock {
  /** How far the machine is ahead of the clock that everybody goes by (`clock-sync.ts`). */
  ahead_ms = 0;

  now(): Date {
    return new Date(this.machine().getTime() - this.ahead_ms);
  }

  /** What the machine says. */
  machine(): Date {
    return new Date();
  }
}
