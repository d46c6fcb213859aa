import { Injectable } from '@nestjs/common';

/** The only source of "now" in product code, so that a test can live through a year. */
@Injectable()
export class Clock {
  now(): Date {
    return new Date();
  }
}
