"""Calls the API for callers who await."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from inspect import isawaitable
from typing import Any, TypeVar

import httpx
from pydantic import TypeAdapter

from ._core import Drop, Held, RequestOptions, Route, Send, Sent, Setup, Wait, exchange, monotonic, read, sent
from ._page import AsyncPage, AsyncPager, PageInfo

T = TypeVar("T")


class AsyncCaller:
    """Calls the API."""

    def __init__(self, setup: Setup, token: str | Callable[[], str | Awaitable[str]] | None, http: httpx.AsyncClient | None) -> None:
        self.setup = setup
        self.http = http or httpx.AsyncClient(follow_redirects=False)
        self.owned = http is None
        self.sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
        self._given = token
        self._held: Held | None = None
        self._lock = asyncio.Lock()

    async def token(self) -> str:
        """Return an access token, fetched once for all who wait for it and before it ends."""
        if self._given is not None:
            said = self._given() if callable(self._given) else self._given
            return await said if isawaitable(said) else said
        async with self._lock:
            if self._held is None or monotonic() >= self._held.until:
                self._held = Held.read(await self.send(self.setup.token_request(), {}), monotonic())
            return self._held.token

    async def send(self, request: Sent, options: RequestOptions, *, stream: bool = False) -> httpx.Response:
        """Return the answer of a call that went well."""
        steps = exchange(self.setup, request, options)
        used: list[str] = []
        step = next(steps)
        while True:
            try:
                if isinstance(step, Send):
                    answer = await self._once(step, used, stream)
                    step = steps.send(answer)
                    continue
                if isinstance(step, Wait):
                    await self.sleep(step.seconds)
                elif isinstance(step, Drop):
                    await self._drop(used[-1])
                step = next(steps)
            except httpx.TransportError as broken:
                step = steps.throw(broken)
            except StopIteration as done:
                gone: httpx.Response = done.value
                return gone

    async def _once(self, step: Send, used: list[str], stream: bool) -> httpx.Response:
        headers = dict(step.headers)
        if step.sent.bearer != "none":
            used.append(await self.token() if step.sent.bearer == "own" else step.sent.bearer[0])
            headers["Authorization"] = f"Bearer {used[-1]}"
        request = self.http.build_request(step.sent.method, step.sent.url, headers=headers, content=step.sent.content, timeout=step.timeout)
        answer = await self.http.send(request, stream=True, follow_redirects=step.sent.method == "GET" and not step.sent.redirects)
        if not stream or answer.status_code >= 400:
            try:
                await answer.aread()
            finally:
                await answer.aclose()
        return answer

    async def _drop(self, token: str) -> None:
        async with self._lock:
            if self._held is not None and self._held.token == token:
                self._held = None

    async def json(self, kind: type[T], route: Route, given: Mapping[str, Any], options: RequestOptions | None) -> T:
        """Return what a method answers."""
        options = options or {}
        return TypeAdapter(kind).validate_python(read(await self.send(sent(self.setup, route, given, options), options)))

    def page(self, kind: type[T], route: Route, given: Mapping[str, Any], options: RequestOptions | None) -> AsyncPager[T]:
        """Return a list: its first page, or all of it."""
        options = options or {}

        async def load(asked: Mapping[str, Any], after: str | None) -> AsyncPage[T]:
            said = read(await self.send(sent(self.setup, route, asked, options), options)) or {}
            data = TypeAdapter(list[kind]).validate_python(said.get("data") or [])  # type: ignore[valid-type]
            return AsyncPage(
                data,
                PageInfo.model_validate(said.get("page_info") or {}),
                lambda at: load({**given, "before": None, "after": at}, at),
                after,
            )

        return AsyncPager(lambda: load(given, None))

    async def nothing(self, route: Route, given: Mapping[str, Any], options: RequestOptions | None) -> None:
        """Call a method that answers nothing."""
        await self.send(sent(self.setup, route, given, options or {}), options or {})

    async def binary(self, route: Route, given: Mapping[str, Any], options: RequestOptions | None) -> bytes:
        """Return what is in a file."""
        return (await self.send(sent(self.setup, route, given, options or {}), options or {})).content

    @asynccontextmanager
    async def stream(self, request: Sent, options: RequestOptions | None) -> AsyncIterator[httpx.Response]:
        """Give an answer whose body is read by the caller."""
        answer = await self.send(request, options or {}, stream=True)
        try:
            yield answer
        finally:
            await answer.aclose()
