import type { paths } from '../openapi.gen.ts';

export type Path = keyof paths;
export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/**
 * What the document says about a method of a path; `never` when it has none. A condition, which TypeScript leaves alone
 * until path and method are known: every path with every method is more than it wants to look at.
 */
type Operation<P extends Path, M extends Method> = paths[P] extends Record<M, infer Found> ? Found : never;

/** What is undefined is left out of a query and a body, so it may be given. */
type Lenient<V> = { [K in keyof V]: object extends Pick<V, K> ? V[K] | undefined : V[K] };

type PathValues<O> = O extends { parameters: { path: infer V } } ? { path: V } : { path?: never };
type QueryValues<O> = O extends { parameters: { query: infer V } }
  ? { query: Lenient<V> }
  : O extends { parameters: { query?: infer V } }
    ? { query?: Lenient<V> | undefined }
    : { query?: never };
type BodyValue<O> = O extends { requestBody: { content: { 'application/json': infer V } } }
  ? { body: Lenient<V> }
  : { body?: never };

/** What a method of a path takes. */
export type Input<P extends Path, M extends Method> = PathValues<Operation<P, M>> &
  QueryValues<Operation<P, M>> &
  BodyValue<Operation<P, M>>;

type Json<R> = R extends { content: { 'application/json': infer V } } ? V : undefined;
type Success<R> = { [S in keyof R]: S extends 200 | 201 | 202 | 204 ? Json<R[S]> : never }[keyof R];

/** What it answers when it succeeds. */
export type Output<P extends Path, M extends Method> =
  Operation<P, M> extends { responses: infer R } ? Success<R> : never;

/** The body that a method of a path takes. */
export type Body<P extends Path, M extends Method> = NonNullable<Input<P, M>['body']>;

/** The query that a method of a path takes. */
export type Query<P extends Path, M extends Method> = NonNullable<Input<P, M>['query']>;
