import type { NewFeature } from '../../api/types.ts';

/** What an event's properties must be for the event to count. */
export type MeterFilter = NonNullable<NewFeature['filters']>[number];
type Value = Extract<MeterFilter, { operator: 'eq' }>['value'];

/** How a filter compares; `there` and `missing` are the two sides of `exists`. */
export type FilterTest = 'eq' | 'in' | 'not_in' | 'there' | 'missing';
/** A filter as it is typed. */
export type MeterFilterDraft = { property: string; test: FilterTest; value: string };

export const filterTests: readonly { value: FilterTest; label: string }[] = [
  { value: 'eq', label: 'is' },
  { value: 'in', label: 'is one of' },
  { value: 'not_in', label: 'is none of' },
  { value: 'there', label: 'is there' },
  { value: 'missing', label: 'is missing' },
];

export const emptyFilter: MeterFilterDraft = { property: '', test: 'eq', value: '' };

export function takesValue(test: FilterTest): boolean {
  return test !== 'there' && test !== 'missing';
}

/** The filters of a draft whose rows are valid. */
export function filtersOf(drafts: readonly MeterFilterDraft[]): MeterFilter[] {
  return drafts.map(({ property: typed, test, value }): MeterFilter => {
    const property = typed.trim();
    switch (test) {
      case 'eq':
        return { property, operator: 'eq', value: valueOf(value) };
      case 'in':
        return { property, operator: 'in', values: valuesOf(value) };
      case 'not_in':
        return { property, operator: 'not_in', values: valuesOf(value) };
      case 'there':
      case 'missing':
        return { property, operator: 'exists', value: test === 'there' };
    }
  });
}

/** What keeps the rows from being sent; true when nothing does. */
export function areFilters(drafts: readonly MeterFilterDraft[]): true | string {
  if (drafts.some(({ property }) => property.trim() === '')) return 'Name the property of each condition.';
  const isComplete = drafts.every(({ test, value }) => !takesValue(test) || valuesOf(value).length > 0);
  return isComplete || 'Say what each property must be.';
}

/** Names with commas between them, each once. */
export function namesOf(typed: string): string[] {
  return [...new Set(parts(typed))];
}

function valuesOf(typed: string): Value[] {
  return parts(typed).map(valueOf);
}

function parts(typed: string): string[] {
  return typed
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** `5` is a number, `true` is yes, `"5"` and anything else is text: an event's property must be the same kind. */
function valueOf(typed: string): Value {
  const text = typed.trim();
  if (text === 'true' || text === 'false') return text === 'true';
  const quoted = /^"(.*)"$/.exec(text)?.[1];
  if (quoted !== undefined) return quoted;
  return /^-?\d{1,15}(\.\d{1,12})?$/.test(text) ? Number(text) : text;
}
