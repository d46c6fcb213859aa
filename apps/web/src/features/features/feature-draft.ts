import type { Feature, NewFeature } from '../../api/types.ts';
import { parseQuantity } from '../../formatting/numbers.ts';
import { filtersOf, type MeterFilterDraft, namesOf } from './meter-filters.ts';

export type Aggregation = NonNullable<NewFeature['aggregation']>;

/** A feature as it is typed. What is of its meter matters only if it is metered. */
export type FeatureDraft = {
  name: string;
  key: string;
  type: Feature['type'];
  aggregation: Aggregation;
  property: string;
  filters: MeterFilterDraft[];
  group_by: string;
  credit_cost: string;
  on_outage: Feature['on_outage'];
};

export const emptyFeature: FeatureDraft = {
  name: '',
  key: '',
  type: 'boolean',
  aggregation: 'sum',
  property: '',
  filters: [],
  group_by: '',
  credit_cost: '',
  on_outage: 'deny',
};

/** The feature of a draft that is valid. What is left empty is not sent: the API has its own mind about that. */
export function featureOf(draft: FeatureDraft): NewFeature {
  const { type, aggregation, on_outage } = draft;
  const base = { name: draft.name.trim(), key: draft.key.trim(), type, on_outage };
  if (type !== 'metered') return base;
  const property = draft.property.trim();
  const [filters, group_by] = [filtersOf(draft.filters), namesOf(draft.group_by)];
  const cost = parseQuantity(draft.credit_cost);
  return {
    ...base,
    aggregation,
    ...(aggregation === 'count' || property === '' ? {} : { property }),
    ...(filters.length === 0 ? {} : { filters }),
    ...(group_by.length === 0 ? {} : { group_by }),
    ...(cost === undefined ? {} : { credit_cost: cost }),
  };
}
