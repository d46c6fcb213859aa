/** A page of a list, as the API answers it. */
export interface Page<T> {
  data: T[];
  has_more: boolean;
  /** `cursor` of the next page, `null` on the last. */
  next_cursor: string | null;
}

/**
 * A list: `await` it for one page, or iterate over all of its items with `for await`, which fetches page after page.
 * Nothing is sent before one of the two.
 */
export class List<T> implements PromiseLike<Page<T>>, AsyncIterable<T> {
  readonly #fetchPage: (cursor: string | undefined) => Promise<Page<T>>;

  constructor(fetchPage: (cursor: string | undefined) => Promise<Page<T>>) {
    this.#fetchPage = fetchPage;
  }

  /** One page: the first, or the one that the query's `cursor` names. */
  // A thenable on purpose: `await client.customers.list()` is how a page is asked for.
  // oxlint-disable-next-line unicorn/no-thenable
  then<Fulfilled = Page<T>, Rejected = never>(
    onFulfilled?: ((page: Page<T>) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    return this.#fetchPage(undefined).then(onFulfilled, onRejected);
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    let cursor: string | undefined;
    do {
      const page: Page<T> = await this.#fetchPage(cursor);
      yield* page.data;
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
  }
}
