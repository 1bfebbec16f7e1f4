"""The clients."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Literal

import httpx
from typing_extensions import Unpack

from ._async import AsyncCaller
from ._async_resources import AsyncResources, AsyncWorkflowsApi
from ._core import Environment, RequestOptions, Sent, configure, encode, read
from ._outside import InvocationAnswer, ProxyCall, invoked, parsed, proxied
from ._resources import Resources, WorkflowsApi
from ._sync import Caller

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Auth = Literal["none", "static_bearer_token", "oauth"]
"""How a workflow's endpoint is called: as anybody, with a bearer of its own in the headers, or as this client."""


def _for_user(headers: Mapping[str, str] | None, external_user_id: str) -> dict[str, str]:
    if not external_user_id:
        raise ValueError("external_user_id is missing: your own id of the user.")
    return {**(headers or {}), "x-pd-external-user-id": external_user_id}


def _any(setup: Any, method: str, path: str, body: Any) -> Sent:
    kind = {} if body is None else {"Content-Type": "application/json"}
    return Sent(method, setup.url(path), kind, None if body is None else encode(body), repeatable=method in ("GET", "PUT", "DELETE"))


class Proxy:
    """Calls an app with the credential of an account: what JSON or text holds, bytes of anything else, None if there is nothing."""

    def __init__(self, call: Caller) -> None:
        self._call = call

    def request(self, method: Method, url: str, **call: Unpack[ProxyCall]) -> Any:
        """Call the app."""
        return parsed(self._call.send(proxied(self._call.setup, method, url, call), call.get("options") or {}))

    @contextmanager
    def stream(self, method: Method, url: str, **call: Unpack[ProxyCall]) -> Iterator[httpx.Response]:
        """Give the app's answer as it comes."""
        with self._call.stream(proxied(self._call.setup, method, url, call), call.get("options")) as answer:
            yield answer

    def get(self, url: str, **call: Unpack[ProxyCall]) -> Any:
        """See `request`."""
        return self.request("GET", url, **call)

    def post(self, url: str, **call: Unpack[ProxyCall]) -> Any:
        """See `request`."""
        return self.request("POST", url, **call)

    def put(self, url: str, **call: Unpack[ProxyCall]) -> Any:
        """See `request`."""
        return self.request("PUT", url, **call)

    def patch(self, url: str, **call: Unpack[ProxyCall]) -> Any:
        """See `request`."""
        return self.request("PATCH", url, **call)

    def delete(self, url: str, **call: Unpack[ProxyCall]) -> Any:
        """See `request`."""
        return self.request("DELETE", url, **call)


class Workflows(WorkflowsApi):
    """Workflows: those of the project, their runs, and their endpoints."""

    def invoke(
        self,
        url_or_endpoint: str,
        *,
        body: Any = None,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
        auth_type: Auth = "none",
        options: RequestOptions | None = None,
    ) -> InvocationAnswer:
        """Call a workflow's endpoint. Anything but 2xx is raised."""
        return InvocationAnswer.read(
            self._call.send(invoked(self._call.setup, url_or_endpoint, body, method, headers, auth_type == "oauth"), options or {})
        )

    def invoke_for_external_user(
        self,
        url_or_endpoint: str,
        *,
        external_user_id: str,
        body: Any = None,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
        options: RequestOptions | None = None,
    ) -> InvocationAnswer:
        """Call a workflow's endpoint for a user: its steps use the user's accounts."""
        carried = _for_user(headers, external_user_id)
        return self.invoke(url_or_endpoint, body=body, method=method, headers=carried, auth_type="oauth", options=options)


class Patchbay(Resources):
    """A client of the API. What is not given stands in the environment, as PATCHBAY_BASE_URL, PATCHBAY_CLIENT_ID and so on."""

    def __init__(
        self,
        *,
        base_url: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        token: str | Callable[[], str] | None = None,
        project_id: str | None = None,
        environment: Environment | None = None,
        project_environment: Environment | None = None,
        workflow_domain: str | None = None,
        scope: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 60,
        max_retries: int = 2,
        httpx_client: httpx.Client | None = None,
    ) -> None:
        setup, token = configure(
            base_url=base_url,
            client_id=client_id,
            client_secret=client_secret,
            token=token,
            project_id=project_id,
            environment=environment or project_environment,
            headers=headers,
            timeout=timeout,
            max_retries=max_retries,
            workflow_domain=workflow_domain,
            scope=scope,
        )
        self._call = Caller(setup, token, httpx_client)
        super().__init__(self._call)
        self.proxy = Proxy(self._call)
        self.workflows = Workflows(self._call)

    @property
    def raw_access_token(self) -> str:
        """The access token that calls are made with."""
        return self._call.token()

    def request(self, method: Method, path: str, body: Any = None, *, options: RequestOptions | None = None) -> Any:
        """Call any operation of the API by its path, such as `/v1/connect/{project_id}/app_addresses`."""
        return read(self._call.send(_any(self._call.setup, method, path, body), options or {}))

    def close(self) -> None:
        """Close the connections, unless they are of an httpx client that was given."""
        if self._call.owned:
            self._call.http.close()

    def __enter__(self) -> Patchbay:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncProxy:
    """Calls an app with the credential of an account: what JSON or text holds, bytes of anything else, None if there is nothing."""

    def __init__(self, call: AsyncCaller) -> None:
        self._call = call

    async def request(self, method: Method, url: str, **call: Unpack[ProxyCall]) -> Any:
        """Call the app."""
        return parsed(await self._call.send(proxied(self._call.setup, method, url, call), call.get("options") or {}))

    @asynccontextmanager
    async def stream(self, method: Method, url: str, **call: Unpack[ProxyCall]) -> AsyncIterator[httpx.Response]:
        """Give the app's answer as it comes."""
        async with self._call.stream(proxied(self._call.setup, method, url, call), call.get("options")) as answer:
            yield answer

    async def get(self, url: str, **call: Unpack[ProxyCall]) -> Any:
        """See `request`."""
        return await self.request("GET", url, **call)

    async def post(self, url: str, **call: Unpack[ProxyCall]) -> Any:
        """See `request`."""
        return await self.request("POST", url, **call)

    async def put(self, url: str, **call: Unpack[ProxyCall]) -> Any:
        """See `request`."""
        return await self.request("PUT", url, **call)

    async def patch(self, url: str, **call: Unpack[ProxyCall]) -> Any:
        """See `request`."""
        return await self.request("PATCH", url, **call)

    async def delete(self, url: str, **call: Unpack[ProxyCall]) -> Any:
        """See `request`."""
        return await self.request("DELETE", url, **call)


class AsyncWorkflows(AsyncWorkflowsApi):
    """Workflows: those of the project, their runs, and their endpoints."""

    async def invoke(
        self,
        url_or_endpoint: str,
        *,
        body: Any = None,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
        auth_type: Auth = "none",
        options: RequestOptions | None = None,
    ) -> InvocationAnswer:
        """Call a workflow's endpoint. Anything but 2xx is raised."""
        return InvocationAnswer.read(
            await self._call.send(invoked(self._call.setup, url_or_endpoint, body, method, headers, auth_type == "oauth"), options or {})
        )

    async def invoke_for_external_user(
        self,
        url_or_endpoint: str,
        *,
        external_user_id: str,
        body: Any = None,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
        options: RequestOptions | None = None,
    ) -> InvocationAnswer:
        """Call a workflow's endpoint for a user: its steps use the user's accounts."""
        carried = _for_user(headers, external_user_id)
        return await self.invoke(url_or_endpoint, body=body, method=method, headers=carried, auth_type="oauth", options=options)


class AsyncPatchbay(AsyncResources):
    """A client of the API. What is not given stands in the environment, as PATCHBAY_BASE_URL, PATCHBAY_CLIENT_ID and so on."""

    def __init__(
        self,
        *,
        base_url: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        token: str | Callable[[], str | Awaitable[str]] | None = None,
        project_id: str | None = None,
        environment: Environment | None = None,
        project_environment: Environment | None = None,
        workflow_domain: str | None = None,
        scope: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 60,
        max_retries: int = 2,
        httpx_client: httpx.AsyncClient | None = None,
    ) -> None:
        setup, token = configure(
            base_url=base_url,
            client_id=client_id,
            client_secret=client_secret,
            token=token,
            project_id=project_id,
            environment=environment or project_environment,
            headers=headers,
            timeout=timeout,
            max_retries=max_retries,
            workflow_domain=workflow_domain,
            scope=scope,
        )
        self._call = AsyncCaller(setup, token, httpx_client)
        super().__init__(self._call)
        self.proxy = AsyncProxy(self._call)
        self.workflows = AsyncWorkflows(self._call)

    async def raw_access_token(self) -> str:
        """Return the access token that calls are made with."""
        return await self._call.token()

    async def request(self, method: Method, path: str, body: Any = None, *, options: RequestOptions | None = None) -> Any:
        """Call any operation of the API by its path, such as `/v1/connect/{project_id}/app_addresses`."""
        return read(await self._call.send(_any(self._call.setup, method, path, body), options or {}))

    async def close(self) -> None:
        """Close the connections, unless they are of an httpx client that was given."""
        if self._call.owned:
            await self._call.http.aclose()

    async def __aenter__(self) -> AsyncPatchbay:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
