"""What calls have in common, whoever waits for them: this does no input and no output of its own."""

from __future__ import annotations

import json
import os
import random
import re
import time
import uuid
from collections.abc import AsyncIterable, Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypedDict
from urllib.parse import quote, urlencode, urlsplit

import httpx

from .errors import NetworkError, PatchbayError, RequestTimeoutError, failure

VERSION = "0.2.0"
PATIENCE = 60.0
"""Seconds that are waited for at most before a call is tried again."""

Environment = Literal["development", "production"]
Content = bytes | str | Iterable[bytes] | AsyncIterable[bytes] | None


class Omit:
    """What is left out; None is sent as null."""

    def __repr__(self) -> str:
        return "OMIT"


OMIT: Any = Omit()


class RequestOptions(TypedDict, total=False):
    """Of one call."""

    timeout: float
    """Seconds that are waited for the answer."""
    max_retries: int
    headers: Mapping[str, str]
    environment: Environment
    idempotency_key: str
    """By which a call that is made again is known, for `actions.run` and `workflows.run`; one is made up otherwise."""


@dataclass
class Route:
    """A call as the API has it."""

    method: str
    path: str
    at: Mapping[str, str] = field(default_factory=dict)
    query: Sequence[str] = ()
    nullable: Sequence[str] = ()
    fixed: Mapping[str, str] = field(default_factory=dict)
    open: bool = False
    repeatable: bool = False
    idempotent: bool = False
    connect_token: str | None = None
    content: bytes | None = None


@dataclass
class Sent:
    """What is sent, whoever answers it."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    content: Content = None
    bearer: Literal["own", "none"] | tuple[str] = "own"
    repeatable: bool = False
    redirects: bool = False


@dataclass
class Setup:
    """What a client is configured with."""

    base_url: str
    project_id: str | None
    environment: str
    headers: Mapping[str, str]
    timeout: float
    max_retries: int
    workflow_domain: str | None
    client_id: str | None
    client_secret: str | None
    scope: str | None

    def url(self, path: str, at: Mapping[str, str] | None = None) -> str:
        """Return the address of a path in this project."""

        def value(found: re.Match[str]) -> str:
            name = found.group(1)
            text = (at or {}).get(name) or (self.project_id if name == "project_id" else None)
            if text:
                return quote(text, safe="")
            if name == "project_id" and not at:
                raise ValueError("project_id is missing: give it to the client, or set PATCHBAY_PROJECT_ID.")
            raise ValueError(f"{name} is empty.")

        return self.base_url + re.sub(r"\{(\w+)\}", value, path)

    def token_request(self) -> Sent:
        """Return the request for an access token."""
        asked = {"grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self.client_secret}
        if self.scope:
            asked["scope"] = self.scope
        headers = {"Content-Type": "application/json"}
        return Sent("POST", f"{self.base_url}/v1/oauth/token", headers, json.dumps(asked).encode(), bearer="none", repeatable=True)


def configure(
    *,
    base_url: str | None,
    client_id: str | None,
    client_secret: str | None,
    token: Any,
    project_id: str | None,
    environment: str | None,
    headers: Mapping[str, str] | None,
    timeout: float,
    max_retries: int,
    workflow_domain: str | None,
    scope: str | None,
) -> tuple[Setup, Any]:
    """Return the settings that were given, or stand in the environment, and the token if it is given."""

    def env(name: str) -> str | None:
        return os.environ.get(f"PATCHBAY_{name}") or None

    base = base_url or env("BASE_URL")
    if not base:
        raise ValueError(
            'base_url is missing: where Patchbay is, such as "https://connect.example.com". Give it, or set PATCHBAY_BASE_URL.'
        )
    if urlsplit(base).scheme not in ("http", "https") or not urlsplit(base).netloc:
        raise ValueError(f'base_url is "{base}": a URL such as "https://connect.example.com".')
    chosen = environment or env("ENVIRONMENT") or "production"
    if chosen not in ("development", "production"):
        raise ValueError(f'environment is "{chosen}": development or production.')
    if token is None and client_id is None:
        token = env("TOKEN")
    client_id, client_secret = client_id or env("CLIENT_ID"), client_secret or env("CLIENT_SECRET")
    if token is None and not (client_id and client_secret):
        raise ValueError(
            "client_id or client_secret is missing. Give them to the client, or set PATCHBAY_CLIENT_ID and PATCHBAY_CLIENT_SECRET."
        )
    return Setup(
        base_url=base.rstrip("/"),
        project_id=project_id or env("PROJECT_ID"),
        environment=chosen,
        headers=headers or {},
        timeout=timeout,
        max_retries=max_retries,
        workflow_domain=workflow_domain or env("WORKFLOW_DOMAIN"),
        client_id=client_id,
        client_secret=client_secret,
        scope=scope,
    ), token


@dataclass
class Held:
    """An access token, until another one is fetched."""

    token: str
    until: float

    @classmethod
    def read(cls, answer: httpx.Response, now: float) -> Held:
        said = read(answer)
        lasts = float(said.get("expires_in") or 0)
        return cls(said["access_token"], now + (lasts - 120 if lasts > 240 else lasts / 2))


def text_of(value: Any) -> str:
    """Return a value as queries have it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else str(value)


def query_of(values: Mapping[str, Any]) -> str:
    """Return a query: lists repeat their key, None is left out."""
    pairs = []
    for key, value in values.items():
        for one in value if isinstance(value, (list, tuple, set)) else [value]:
            if one is not None and not isinstance(one, Omit):
                pairs.append((key, text_of(one)))
    return "?" + urlencode(pairs, quote_via=quote, safe="") if pairs else ""


def _json_of(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    raise TypeError(f"A {type(value).__name__} cannot be sent as JSON.")


def encode(value: Any) -> bytes:
    """Return a value as JSON."""
    return json.dumps(value, default=_json_of, allow_nan=False).encode()


def sent(setup: Setup, route: Route, given: Mapping[str, Any], options: RequestOptions) -> Sent:
    """Return what a call of a method sends."""
    bodied = route.content is None and route.method not in ("GET", "DELETE")
    asked = {k: v for k, v in given.items() if not bodied or k in route.query}
    body = {k: v for k, v in given.items() if k not in asked and not isinstance(v, Omit) and (v is not None or k in route.nullable)}
    body.update(route.fixed)
    headers: dict[str, str] = {}
    content: Content = route.content
    if content is not None:
        headers["Content-Type"] = "application/octet-stream"
    elif body:
        content, headers["Content-Type"] = encode(body), "application/json"
    if route.idempotent:
        headers["Idempotency-Key"] = options.get("idempotency_key") or str(uuid.uuid4())
    return Sent(
        route.method,
        setup.url(route.path, route.at) + query_of(asked),
        headers,
        content,
        bearer="none" if route.open else "own" if route.connect_token is None else (route.connect_token,),
        repeatable=route.repeatable or route.idempotent or route.method in ("GET", "PUT", "DELETE"),
    )


@dataclass
class Send:
    """A step of an exchange: send this, with the client's own token where it is asked for."""

    sent: Sent
    headers: dict[str, str]
    timeout: float


@dataclass
class Wait:
    """A step of an exchange."""

    seconds: float


@dataclass
class Drop:
    """A step of an exchange: the client's token was refused."""


Step = Send | Wait | Drop


def exchange(setup: Setup, request: Sent, options: RequestOptions) -> Generator[Step, httpx.Response, httpx.Response]:
    """Go the way of a call until its answer, which went well.

    A token of the client's own that is refused is replaced once. After 408, 429, 5xx and where the network broke a call
    is made again, a second later and then two; what might be done twice only after 408, 429 and 503, which say that
    nothing was done.
    """
    most = options.get("max_retries", setup.max_retries)
    once = request.content is not None and not isinstance(request.content, (bytes, str))  # it can be read once
    renewed, tries = once, 0
    headers = {
        "User-Agent": f"patchbay-python/{VERSION}",
        "x-pd-environment": options.get("environment") or setup.environment,
        **setup.headers,
        **options.get("headers", {}),
        **request.headers,
    }
    while True:
        try:
            answer = yield Send(request, headers, options.get("timeout", setup.timeout))
            return check(answer, request)
        except httpx.TimeoutException as late:
            error: PatchbayError = RequestTimeoutError(f"{_origin(request.url)} did not answer in time.", code="timeout")
            error.__cause__ = late
        except httpx.TransportError as broken:
            error = NetworkError(
                f"{_origin(request.url)} could not be reached. Is that where Patchbay is, and does it run?", code="network"
            )
            error.__cause__ = broken
        except PatchbayError as failed:
            error = failed
        if error.status == 401 and request.bearer == "own" and not renewed:
            renewed = True
            yield Drop()
            continue
        passing = error.status in (408, 429, 503) or (request.repeatable and (error.status >= 500 or error.code in ("network", "timeout")))
        wait = error.retry_after if error.retry_after is not None else 2**tries * random.uniform(0.8, 1.2)  # noqa: S311
        if once or not passing or tries >= most or wait > PATIENCE:
            raise error
        tries += 1
        yield Wait(wait)


def check(answer: httpx.Response, request: Sent) -> httpx.Response:
    """Raise what is wrong with an answer."""
    if answer.status_code >= 400:
        raise failure(answer.status_code, answer.headers, answer.text)
    if 300 <= answer.status_code < 400 and answer.status_code != 304 and not request.redirects:
        raise PatchbayError(
            f"{_origin(request.url)} redirects. Name the address that it leads to as base_url.",
            code="redirected",
            status=answer.status_code,
        )
    return answer


def read(answer: httpx.Response) -> Any:
    """Return the JSON of an answer; None if it is empty."""
    if not answer.content:
        return None
    try:
        return json.loads(answer.content)
    except ValueError:
        raise PatchbayError(
            f"{answer.url} answered something that is not JSON.",
            code="not_json",
            status=answer.status_code,
            request_id=answer.headers.get("x-request-id"),
            body=answer.text,
        ) from None


def _origin(url: str) -> str:
    at = urlsplit(url)
    return f"{at.scheme}://{at.netloc}"


Clock = Callable[[], float]
monotonic: Clock = time.monotonic
