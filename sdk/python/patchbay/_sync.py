"""Calls the API for callers who wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx
from pydantic import TypeAdapter

from ._core import Drop, Held, RequestOptions, Route, Send, Sent, Setup, Wait, exchange, monotonic, read, sent
from ._page import Page, PageInfo

T = TypeVar("T")


class Caller:
    """Calls the API."""

    def __init__(self, setup: Setup, token: str | Callable[[], str] | None, http: httpx.Client | None) -> None:
        self.setup = setup
        self.http = http or httpx.Client(follow_redirects=False)
        self.owned = http is None
        self.sleep: Callable[[float], None] = time.sleep
        self._given = token
        self._held: Held | None = None
        self._lock = threading.Lock()

    def token(self) -> str:
        """Return an access token, fetched once for all who wait for it and before it ends."""
        if self._given is not None:
            return self._given() if callable(self._given) else self._given
        with self._lock:
            if self._held is None or monotonic() >= self._held.until:
                self._held = Held.read(self.send(self.setup.token_request(), {}), monotonic())
            return self._held.token

    def send(self, request: Sent, options: RequestOptions, *, stream: bool = False) -> httpx.Response:
        """Return the answer of a call that went well."""
        steps = exchange(self.setup, request, options)
        used: list[str] = []
        step = next(steps)
        while True:
            try:
                if isinstance(step, Send):
                    answer = self._once(step, used, stream)
                    step = steps.send(answer)
                    continue
                if isinstance(step, Wait):
                    self.sleep(step.seconds)
                elif isinstance(step, Drop):
                    self._drop(used[-1])
                step = next(steps)
            except httpx.TransportError as broken:
                step = steps.throw(broken)
            except StopIteration as done:
                gone: httpx.Response = done.value
                return gone

    def _once(self, step: Send, used: list[str], stream: bool) -> httpx.Response:
        headers = dict(step.headers)
        if step.sent.bearer != "none":
            used.append(self.token() if step.sent.bearer == "own" else step.sent.bearer[0])
            headers["Authorization"] = f"Bearer {used[-1]}"
        request = self.http.build_request(step.sent.method, step.sent.url, headers=headers, content=step.sent.content, timeout=step.timeout)
        answer = self.http.send(request, stream=True, follow_redirects=step.sent.method == "GET" and not step.sent.redirects)
        if not stream or answer.status_code >= 400:
            try:
                answer.read()
            finally:
                answer.close()
        return answer

    def _drop(self, token: str) -> None:
        with self._lock:
            if self._held is not None and self._held.token == token:
                self._held = None

    def json(self, kind: type[T], route: Route, given: Mapping[str, Any], options: RequestOptions | None) -> T:
        """Return what a method answers."""
        options = options or {}
        return TypeAdapter(kind).validate_python(read(self.send(sent(self.setup, route, given, options), options)))

    def page(self, kind: type[T], route: Route, given: Mapping[str, Any], options: RequestOptions | None) -> Page[T]:
        """Return the first page of a list."""
        options = options or {}

        def load(asked: Mapping[str, Any], after: str | None) -> Page[T]:
            said = read(self.send(sent(self.setup, route, asked, options), options)) or {}
            data = TypeAdapter(list[kind]).validate_python(said.get("data") or [])  # type: ignore[valid-type]
            return Page(
                data,
                PageInfo.model_validate(said.get("page_info") or {}),
                lambda at: load({**given, "before": None, "after": at}, at),
                after,
            )

        return load(given, None)

    def nothing(self, route: Route, given: Mapping[str, Any], options: RequestOptions | None) -> None:
        """Call a method that answers nothing."""
        self.send(sent(self.setup, route, given, options or {}), options or {})

    def binary(self, route: Route, given: Mapping[str, Any], options: RequestOptions | None) -> bytes:
        """Return what is in a file."""
        return self.send(sent(self.setup, route, given, options or {}), options or {}).content

    @contextmanager
    def stream(self, request: Sent, options: RequestOptions | None) -> Iterator[httpx.Response]:
        """Give an answer whose body is read by the caller."""
        answer = self.send(request, options or {}, stream=True)
        try:
            yield answer
        finally:
            answer.close()
