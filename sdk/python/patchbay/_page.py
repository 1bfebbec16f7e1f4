"""Pages of lists."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

T = TypeVar("T")


class PageInfo(BaseModel):
    """Where a page is in its list."""

    model_config = ConfigDict(extra="allow")
    total_count: int | None = None
    count: int | None = None
    start_cursor: str | None = None
    end_cursor: str | None = None


class _Page(Generic[T]):
    def __init__(self, data: list[T], page_info: PageInfo, asked: str | None) -> None:
        self.data = data
        self.page_info = page_info
        if page_info.end_cursor == asked:  # a server that names the same place again would be asked for ever
            self.page_info = page_info.model_copy(update={"end_cursor": None})

    @property
    def has_next(self) -> bool:
        """Whether there is a page after this one."""
        return bool(self.page_info.end_cursor)


class Page(_Page[T]):
    """One page of a list. `for` goes through it and all that follow."""

    def __init__(self, data: list[T], page_info: PageInfo, load: Callable[[str], Page[T]], asked: str | None = None) -> None:
        super().__init__(data, page_info, asked)
        self._load = load

    def get_next_page(self) -> Page[T] | None:
        """Return the page after this one, or None at the end."""
        return self._load(self.page_info.end_cursor) if self.page_info.end_cursor else None

    def __iter__(self) -> Iterator[T]:
        page: Page[T] | None = self
        while page is not None:
            yield from page.data
            page = page.get_next_page()


class AsyncPage(_Page[T]):
    """One page of a list. `async for` goes through it and all that follow."""

    def __init__(
        self, data: list[T], page_info: PageInfo, load: Callable[[str], Awaitable[AsyncPage[T]]], asked: str | None = None
    ) -> None:
        super().__init__(data, page_info, asked)
        self._load = load

    async def get_next_page(self) -> AsyncPage[T] | None:
        """Return the page after this one, or None at the end."""
        return await self._load(self.page_info.end_cursor) if self.page_info.end_cursor else None

    async def __aiter__(self) -> AsyncIterator[T]:
        page: AsyncPage[T] | None = self
        while page is not None:
            for item in page.data:
                yield item
            page = await page.get_next_page()


class AsyncPager(Generic[T]):
    """What a list answers: `await` gives the first page, `async for` each item of all pages."""

    def __init__(self, first: Callable[[], Awaitable[AsyncPage[T]]]) -> None:
        self._first = first

    def __await__(self) -> Generator[Any, None, AsyncPage[T]]:
        return self._first().__await__()

    async def __aiter__(self) -> AsyncIterator[T]:
        async for item in await self._first():
            yield item
