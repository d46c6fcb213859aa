import type { Feature } from '../../api/types.ts';

export const featureTypeLabel: Record<Feature['type'], string> = {
  boolean: 'Switch',
  metered: 'Metered',
  config: 'Value',
};

export const featureTypeHint: Record<Feature['type'], string> = {
  boolean: 'On or off, such as exports or single sign-on',
  metered: 'Counted against a limit, such as API calls',
  config: 'A setting with a value, such as support level',
};
