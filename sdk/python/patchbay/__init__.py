"""The Python library of Patchbay: `Patchbay` and `AsyncPatchbay` call the API, `patchbay.webhooks` verifies webhooks.

`patchbay.webhooks` needs nothing but the standard library: what the clients need is imported with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._client import AsyncPatchbay, Patchbay
    from ._core import OMIT, RequestOptions
    from ._outside import InvocationAnswer, ProxyCall
    from ._page import AsyncPage, AsyncPager, Page
    from .errors import (
        BadRequestError,
        ConflictError,
        ForbiddenError,
        NetworkError,
        NotFoundError,
        PatchbayError,
        RequestTimeoutError,
        ServerError,
        TooManyRequestsError,
        UnauthorizedError,
    )

__version__ = "0.2.0"

_AT = {
    "_client": ["AsyncPatchbay", "Patchbay"],
    "_core": ["OMIT", "RequestOptions"],
    "_outside": ["InvocationAnswer", "ProxyCall"],
    "_page": ["AsyncPage", "AsyncPager", "Page"],
    "errors": [
        "BadRequestError",
        "ConflictError",
        "ForbiddenError",
        "NetworkError",
        "NotFoundError",
        "PatchbayError",
        "RequestTimeoutError",
        "ServerError",
        "TooManyRequestsError",
        "UnauthorizedError",
    ],
}

__all__ = [
    "OMIT",
    "AsyncPage",
    "AsyncPager",
    "AsyncPatchbay",
    "BadRequestError",
    "ConflictError",
    "ForbiddenError",
    "InvocationAnswer",
    "NetworkError",
    "NotFoundError",
    "Page",
    "Patchbay",
    "PatchbayError",
    "ProxyCall",
    "RequestOptions",
    "RequestTimeoutError",
    "ServerError",
    "TooManyRequestsError",
    "UnauthorizedError",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    for module, names in _AT.items():
        if name in names:
            return getattr(import_module(f".{module}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
