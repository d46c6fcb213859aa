import type { MeterReading } from '../state/tables.ts';

/**
 * What a meter counted from `start` up to, not including, `end` (seconds). sum adds the values, count the
 * events, last takes the latest by time, ties by arrival; nothing counted is 0.
 */
export function aggregate(readings: MeterReading[], formula: string, start: number, end: number): number {
  const counted = readings.filter(({ timestamp }) => timestamp >= start && timestamp < end);
  if (formula === 'count') return counted.length;
  if (formula === 'last') {
    const latest = counted.reduce<MeterReading | undefined>(
      (last, reading) => (last === undefined || reading.timestamp >= last.timestamp ? reading : last),
      undefined,
    );
    return latest?.value ?? 0;
  }
  return counted.reduce((total, { value }) => total + value, 0);
}
