export interface Paging {
  limit?: number;
  after?: string;
  before?: string;
}

export interface PageInfo {
  totalCount?: number;
  count?: number;
  startCursor?: string | null;
  endCursor?: string | null;
}

/** One page of a list. `for await` goes through all that follow. */
export interface Page<T> extends AsyncIterable<T> {
  readonly data: T[];
  readonly pageInfo: PageInfo;
  hasNextPage(): boolean;
  /** The page after this one; null at the end. */
  getNextPage(): Promise<Page<T> | null>;
}

export class ListPage<T> implements Page<T> {
  constructor(
    readonly data: T[],
    readonly pageInfo: PageInfo,
    private readonly next: (after: string) => Promise<Page<T>>,
  ) {}

  hasNextPage(): boolean {
    return !!this.pageInfo.endCursor;
  }

  async getNextPage(): Promise<Page<T> | null> {
    const at = this.pageInfo.endCursor;
    if (!at) return null;
    const page = await this.next(at);
    // A server that names the same place again would be asked for ever.
    return page.pageInfo.endCursor === at ? new ListPage(page.data, { ...page.pageInfo, endCursor: null }, this.next) : page;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (let page: Page<T> | null = this; page; page = await page.getNextPage()) yield* page.data;
  }
}
