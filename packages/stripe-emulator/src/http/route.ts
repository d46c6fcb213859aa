import type { Context } from '../state/context.ts';
import type { Fields, Params } from './params.ts';

type Method = 'GET' | 'POST' | 'DELETE';

/** The names of the `:name` parts of a path. */
type PathNames<P extends string> = P extends `${string}:${infer Name}/${infer Rest}`
  ? Name | PathNames<Rest>
  : P extends `${string}:${infer Name}`
    ? Name
    : never;

/** One operation of the API: what it reads, and what it does inside one transaction. */
export interface Route {
  method: Method;
  path: string;
  fields: Fields;
  /** Fills in the parts that were matched and runs the operation on raw, validated parameters. */
  run(context: Context, params: Params<Fields>, path: Record<string, string>): object;
}

/** Declares an operation; `path.id` and the parameters are typed by the declaration. */
export function route<P extends string, F extends Fields>(
  method: Method,
  path: P,
  fields: F,
  handle: (context: Context, params: Params<F>, path: Record<PathNames<P>, string>) => object,
): Route {
  return {
    method,
    path,
    fields,
    // The matcher and the parameter reader produce exactly what `path` and `fields` declare.
    run: (context, params, parts) => handle(context, params as Params<F>, parts),
  };
}

export interface Match {
  route: Route;
  path: Record<string, string>;
}

/** Finds the route of a request; a literal part wins over a `:name`. */
export function matchRoute(routes: readonly Route[], method: string, path: string): Match | undefined {
  const parts = path.split('/');
  const matches = routes
    .filter((candidate) => candidate.method === method)
    .map((candidate) => ({ route: candidate, path: matchPath(candidate.path.split('/'), parts) }));
  return matches
    .filter((match): match is Match => match.path !== undefined)
    .sort((a, b) => Object.keys(a.path).length - Object.keys(b.path).length)[0];
}

function matchPath(pattern: string[], parts: string[]): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const found: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const part = parts[index];
    if (expected.startsWith(':') && part !== undefined && part !== '')
      found[expected.slice(1)] = decodeURIComponent(part);
    else if (expected !== part) return undefined;
  }
  return found;
}
