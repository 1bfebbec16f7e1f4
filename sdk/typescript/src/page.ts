export interface PageInfo {
  totalCount?: number;
  count?: number;
  startCursor?: string | null;
  endCursor?: string | null;
}

/** One page of a list. `for await` goes through it and all that follow. */
export class Page<T> implements AsyncIterable<T> {
  constructor(
    readonly data: T[],
    readonly pageInfo: PageInfo,
    private readonly next: (after: string) => Promise<Page<T>>,
  ) {}

  hasNextPage(): boolean {
    return !!this.pageInfo.endCursor;
  }

  /** The page after this one; null at the end. */
  async getNextPage(): Promise<Page<T> | null> {
    const at = this.pageInfo.endCursor;
    if (!at) return null;
    const page = await this.next(at);
    // A server that names the same place again would be asked for ever.
    return page.pageInfo.endCursor === at ? new Page(page.data, { ...page.pageInfo, endCursor: null }, this.next) : page;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (let page: Page<T> | null = this; page; page = await page.getNextPage()) yield* page.data;
  }
}

/** What a list answers: `await` gives the first page, `for await` each item of all pages. */
export type PagePromise<T> = Promise<Page<T>> & AsyncIterable<T>;

export function pagePromise<T>(first: Promise<Page<T>>): PagePromise<T> {
  return Object.assign(first, {
    async *[Symbol.asyncIterator](): AsyncGenerator<T> {
      yield* await first;
    },
  });
}
