"""What is asked of others: apps through the proxy, and the endpoints of workflows."""

from __future__ import annotations

import base64
import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from typing_extensions import Required, TypedDict

from ._core import Content, RequestOptions, Sent, Setup, encode, query_of, read


class ProxyCall(TypedDict, total=False):
    """Of a call of an app."""

    external_user_id: Required[str]
    """Your own id of the user."""
    account_id: Required[str]
    params: Mapping[str, Any] | None
    """Added to the URL's query."""
    headers: Mapping[str, str] | None
    """For the app."""
    body: Any
    """A dict or a list is sent as JSON; text, bytes and iterators of bytes as they are."""
    options: RequestOptions | None


def proxied(setup: Setup, method: str, url: str, call: ProxyCall) -> Sent:
    """Return what a call of an app sends."""
    bare, _, fragment = url.partition("#")
    more = query_of(call.get("params") or {})[1:]
    target = bare + (("&" if "?" in bare else "?") + more if more else "") + (f"#{fragment}" if fragment else "")
    carried = {
        "Content-Type" if k.lower() == "content-type" else f"x-pd-proxy-{k.lower()}": v for k, v in (call.get("headers") or {}).items()
    }
    body = call.get("body")
    content: Content = body
    if isinstance(body, (dict, list, int, float, bool)):
        content = encode(body)
        carried.setdefault("Content-Type", "application/json")
    where = setup.url("/v1/connect/{project_id}/proxy/") + base64.urlsafe_b64encode(target.encode()).decode().rstrip("=")
    asked = {"external_user_id": call["external_user_id"], "account_id": call["account_id"]}
    return Sent(method, where + query_of(asked), carried, content, repeatable=method not in ("POST", "PATCH"), redirects=True)


def invoked(setup: Setup, url_or_endpoint: str, body: Any, method: str, headers: Mapping[str, str] | None, own: bool) -> Sent:
    """Return what a call of a workflow's endpoint sends. Other hosts than ours are refused: they would be handed the access token."""
    text = url_or_endpoint.strip()
    if re.fullmatch(r"e[a-z0-9-]+", text):
        text = f"https://{text}.{setup.workflow_domain}" if setup.workflow_domain else f"{setup.base_url}/e/{text}"
    elif not re.match(r"https?://", text):
        text = f"https://{text}"
    at, ours = urlsplit(text), urlsplit(setup.base_url)
    below = setup.workflow_domain and (at.hostname or "").endswith("." + re.sub(r":\d+$", "", setup.workflow_domain))
    if (at.scheme, at.netloc) != (ours.scheme, ours.netloc) and not below:
        raise ValueError(
            f"{at.netloc} is neither {ours.netloc} nor below the workflow domain. Name that: workflow_domain, or PATCHBAY_WORKFLOW_DOMAIN."
        )
    kind = {"Content-Type": "application/json"} if body is not None else {}
    content = None if body is None else encode(body)
    return Sent(method, text, {**kind, **(headers or {})}, content, bearer="own" if own else "none", repeatable=method in ("GET", "HEAD"))


def parsed(answer: httpx.Response) -> Any:
    """Return what an app answered: what JSON holds, text, bytes of anything else, None if there is nothing."""
    kind = answer.headers.get("content-type", "").lower()
    if not answer.content:
        return None
    if "json" in kind:
        return read(answer)
    return answer.text if kind.startswith("text/") or "xml" in kind else answer.content


@dataclass(frozen=True)
class InvocationAnswer:
    """What a workflow's endpoint answered."""

    status: int
    headers: Mapping[str, str]
    url: str
    body: Any
    """What JSON holds, else the text."""

    @classmethod
    def read(cls, answer: httpx.Response) -> InvocationAnswer:
        body: Any = answer.text
        if "json" in answer.headers.get("content-type", "").lower():
            with contextlib.suppress(ValueError):
                body = json.loads(answer.content)
        return cls(answer.status_code, dict(answer.headers), str(answer.url), body)
