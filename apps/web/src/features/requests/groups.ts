import type { RequestGroup } from '../../api/types.ts';

/** What the calls can be listed by. */
export const groups = ['endpoint', 'customer', 'project', 'key'] as const satisfies readonly RequestGroup[];
