import { describe, expect, it } from 'vitest';
import { List, type Page } from './pagination.ts';

const pages: Record<string, Page<number>> = {
  first: { data: [1, 2], has_more: true, next_cursor: 'second' },
  second: { data: [], has_more: true, next_cursor: 'third' },
  third: { data: [3], has_more: false, next_cursor: null },
};

function numbers() {
  const fetched: string[] = [];
  const list = new List<number>(async (cursor = 'first') => {
    fetched.push(cursor);
    const page = pages[cursor];
    if (page === undefined) {
      throw new Error(`There is no page ${cursor}.`);
    }
    return page;
  });
  return { list, fetched };
}

async function collect<T>(list: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of list) {
    items.push(item);
  }
  return items;
}

describe('a list', () => {
  it('is one page when awaited', async () => {
    const { list, fetched } = numbers();

    expect(await list).toEqual(pages['first']);
    expect(fetched).toEqual(['first']);
  });

  it('is all items, page after page, when iterated over, also beyond an empty page', async () => {
    const { list, fetched } = numbers();

    expect(await collect(list)).toEqual([1, 2, 3]);
    expect(fetched).toEqual(['first', 'second', 'third']);
  });

  it('fetches no further page than is looked at', async () => {
    const { list, fetched } = numbers();

    for await (const number of list) {
      if (number === 2) {
        break;
      }
    }

    expect(fetched).toEqual(['first']);
  });

  it('sends nothing unless it is awaited or iterated over', () => {
    expect(numbers().fetched).toEqual([]);
  });

  it('rejects as its request does', async () => {
    const list = new List<number>(() => Promise.reject(new Error('away')));

    await expect(list).rejects.toThrow('away');
    await expect(collect(list)).rejects.toThrow('away');
  });
});
