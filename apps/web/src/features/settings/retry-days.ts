/** The days that were typed: "3, 6, 10" is [3, 6, 10]. Undefined unless they are 1 to 8 ascending days up to 60. */
export function daysOf(typed: string): number[] | undefined {
  const parts = typed.split(/[\s,;]+/).filter((part) => part !== '');
  if (parts.length === 0 || parts.length > 8 || parts.some((part) => !/^\d{1,2}$/.test(part)))
    return undefined;
  const days = parts.map(Number);
  const ascend = days.every((day, at) => day <= 60 && day > (days[at - 1] ?? 0));
  return ascend ? days : undefined;
}
