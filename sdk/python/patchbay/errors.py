"""What is raised when a call fails."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any


class PatchbayError(Exception):
    """A call that failed."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int = 0,
        request_id: str | None = None,
        body: Any = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        """Stable; for programs. `network`, `timeout`, `not_json`, `redirected` and `http_…` are ours, the rest is the API's."""
        self.status = status
        """Of the answer; 0 if there was none."""
        self.request_id = request_id
        """Quote it when you ask for help."""
        self.body = body
        """What was answered, as it came."""
        self.retry_after = retry_after
        """Seconds until it is worth trying again, where the API said so."""

    @property
    def status_code(self) -> int:
        """The same as `status`."""
        return self.status

    def __str__(self) -> str:
        about = [str(self.status)] if self.status else []
        about += [self.code] + ([self.request_id] if self.request_id else [])
        return f"{self.message} ({', '.join(about)})"


class BadRequestError(PatchbayError):
    """400 and 422: the request is not right."""


class UnauthorizedError(PatchbayError):
    """401: the credential is not, or no longer, good."""


class ForbiddenError(PatchbayError):
    """403: the credential may not do this."""


class NotFoundError(PatchbayError):
    """404."""


class ConflictError(PatchbayError):
    """409: it does not fit what is there."""


class TooManyRequestsError(PatchbayError):
    """429, also after it was tried again."""


class ServerError(PatchbayError):
    """500 and above, also after it was tried again."""


class NetworkError(PatchbayError):
    """The server could not be reached."""


class RequestTimeoutError(PatchbayError):
    """The answer did not come in time."""


_CLASSES: dict[int, type[PatchbayError]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    422: BadRequestError,
    429: TooManyRequestsError,
}


def failure(status: int, headers: Mapping[str, str], text: str) -> PatchbayError:
    """Return the error of an answer of 400 and above; of an app's, through the proxy, there may be no code."""
    try:
        body: Any = json.loads(text)
    except ValueError:
        body = text
    said = body if isinstance(body, dict) else {}
    details = said.get("details")
    kind = _CLASSES.get(status, ServerError if status >= 500 else PatchbayError)
    message, code = said.get("error"), said.get("code")
    return kind(
        message if isinstance(message, str) else f"The answer was {status}.",
        code=code if isinstance(code, str) else f"http_{status}",
        status=status,
        request_id=headers.get("x-request-id") or (details.get("request_id") if isinstance(details, dict) else None),
        body=body,
        retry_after=_wait(headers),
    )


def _wait(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that an answer asks to wait: Retry-After as seconds or as a date, else X-RateLimit-Reset."""
    after = headers.get("retry-after")
    if after is not None:
        try:
            return max(0.0, float(after))
        except ValueError:
            pass
        try:
            return max(0.0, parsedate_to_datetime(after).timestamp() - time.time())
        except ValueError:
            pass
    try:
        reset = float(headers.get("x-ratelimit-reset", ""))
    except ValueError:
        return None
    return max(0.0, reset - time.time()) if reset > 0 else None
