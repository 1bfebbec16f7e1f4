"""Verifies webhooks:

    from patchbay import webhooks

    event = webhooks.verify(request.headers, request.get_data(), os.environ["PATCHBAY_SIGNING_KEY"])

What is not to be believed raises a `WebhookError`, whose `code` says why.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Literal

__all__ = ["DEFAULT_TOLERANCE", "ErrorCode", "Event", "WebhookError", "verify"]

DEFAULT_TOLERANCE = 300
"""How far the time of a webhook may be from this machine's clock, in seconds."""

ErrorCode = Literal["no_signature", "malformed_header", "too_old", "too_new", "wrong_signature", "malformed_body", "malformed_secret"]
"""What is wrong with a webhook. The codes are the same in all of Patchbay's libraries."""


class WebhookError(Exception):
    """Why a webhook is not to be believed. It never holds a secret.

    `code` is one of

    - `no_signature`: it was not signed, somebody else sent it
    - `malformed_header`: a header is missing or cannot be read
    - `too_old`, `too_new`: it was signed longer ago than is tolerated, or in the future
    - `wrong_signature`: another secret, or something changed on the way
    - `malformed_body`: it is signed, and not JSON
    - `malformed_secret`: the receiver's own configuration is wrong
    """

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code: ErrorCode = code


@dataclass(frozen=True)
class Event:
    """A webhook that was verified."""

    id: str
    """The same in every attempt: do what it asks once. "" = the sender named none."""
    type: str
    """CONNECTION_SUCCESS, ACCOUNT_DEAD and so on, or trigger.emitted. Answer 2xx to what you do not know."""
    sent_at: datetime
    """When this attempt was signed, to the second."""
    created_at: datetime | None
    """When it happened; None for a trigger.emitted without an envelope, like `environment` and `external_user_id`."""
    environment: str | None
    external_user_id: str | None
    """Your own id of the user."""
    body: Any
    """The body, parsed; of an endpoint whose payloads are enveloped, what is in the envelope."""
    raw: bytes
    """The body as it was sent."""


def verify(
    headers: Mapping[str, str],
    body: bytes | str,
    secrets: str | Iterable[str],
    *,
    tolerance: float = DEFAULT_TOLERANCE,
    now: Callable[[], float] = time.time,
) -> Event:
    """Return the event of a request that one of the secrets signed within the tolerance.

    `headers` are the request's, whatever the case of their names; `body` is the body as it was received, byte for byte;
    `secrets` is the signing key as the console and the API show it, or as `whsec_…`, and while it is being changed the
    old one and the new one. `tolerance` is in seconds.

    Where a `webhook-signature` is there it counts (Standard Webhooks 1.0.0), and `x-pd-signature` where it is not.

    Raises `WebhookError` when it is not to be believed, and `TypeError` when `body` was parsed already.
    """
    if isinstance(body, str):
        body = body.encode("utf-8", "surrogatepass")
    elif not isinstance(body, (bytes, bytearray, memoryview)):
        raise TypeError("Give the body as it was received, as bytes or text: it was parsed already.")
    raw = bytes(body)
    keys = _decode([secrets] if isinstance(secrets, str) else list(secrets))
    signed = _read({name.lower(): value for name, value in headers.items()})
    late = int(now()) - signed.time
    if late > tolerance:
        raise WebhookError("too_old", f"The webhook was signed {late} seconds ago, more than {tolerance}.")
    if late < -tolerance:
        raise WebhookError("too_new", f"The webhook was signed {-late} seconds in the future: is this machine's clock right?")
    if not signed.fits(keys, raw):
        raise WebhookError("wrong_signature", "No signature fits: the secret is another one, or the body is not as it was sent.")
    return _parse(signed.id, signed.time, raw)


@dataclass(frozen=True)
class _Signed:
    """What the headers say: `prefix` stands before the body in what was signed."""

    id: str
    time: int
    prefix: str
    signatures: Sequence[str]
    encode: Callable[[bytes], bytes]

    def fits(self, keys: Sequence[bytes], body: bytes) -> bool:
        """Whether one of the keys made one of the signatures, in a time that tells nothing of how far it fits."""
        found = False
        for key in keys:
            want = self.encode(hmac.new(key, self.prefix.encode() + body, hashlib.sha256).digest())
            for text in self.signatures:
                found = hmac.compare_digest(text.encode("utf-8", "replace"), want) or found
        return found


_ID = re.compile(r"[!-~]+")
_TIME = re.compile(r"[0-9]{1,15}")


def _read(headers: Mapping[str, str]) -> _Signed:
    given = headers.get("webhook-id", "")
    event_id = given if _ID.fullmatch(given) and "." not in given else ""
    standard = headers.get("webhook-signature")
    if standard is not None:
        at = headers.get("webhook-timestamp", "")
        signatures = [part[3:] for part in standard.split() if part.startswith("v1,")]
        if not event_id:
            raise WebhookError("malformed_header", "The header webhook-id is missing or is not an id.")
        if not _TIME.fullmatch(at):
            raise WebhookError("malformed_header", "The header webhook-timestamp is missing or is not a time in epoch seconds.")
        if not signatures:
            raise WebhookError("malformed_header", "The header webhook-signature holds no signature of the kind v1.")
        return _Signed(event_id, int(at), f"{event_id}.{at}.", signatures, base64.b64encode)
    pd = headers.get("x-pd-signature")
    if pd is None:
        raise WebhookError("no_signature", "The request has neither the header webhook-signature nor x-pd-signature.")
    fields = [part.partition("=") for part in pd.split(",")]
    times = [value for name, _, value in fields if name == "t"]
    signatures = [value for name, _, value in fields if name == "v1"]
    if len(times) != 1 or not _TIME.fullmatch(times[0]) or not signatures:
        raise WebhookError("malformed_header", "The header x-pd-signature is not t=<epoch seconds>,v1=<hex>.")
    return _Signed(event_id, int(times[0]), f"{times[0]}.", signatures, binascii.hexlify)


def _decode(secrets: Sequence[str]) -> list[bytes]:
    """Return the keys: a secret's text itself, or what is behind whsec_."""
    keys = []
    for number, secret in enumerate(secrets, 1):
        if not secret:
            raise WebhookError("malformed_secret", f"Secret {number} is empty.")
        key = secret.encode()
        if secret.startswith("whsec_"):
            try:
                key = base64.b64decode(secret[6:], validate=True)
            except ValueError:
                raise WebhookError("malformed_secret", f"What follows whsec_ in secret {number} is not base64.") from None
        if not key:
            raise WebhookError("malformed_secret", f"Secret {number} is empty.")
        keys.append(key)
    if not keys:
        raise WebhookError("malformed_secret", "There is no secret to verify with.")
    return keys


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _parse(event_id: str, at: int, raw: bytes) -> Event:
    """Return the event of a body whose signature fits.

    What a trigger emitted comes from others and may look like any event of ours; but it cannot know the id that it is
    sent under.
    """
    try:
        body = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise WebhookError("malformed_body", "The body is signed, and is not JSON.") from None

    def told(name: str) -> str | None:
        value = body.get(name) if isinstance(body, dict) else None
        return value if isinstance(value, str) and value else None

    sent_at = datetime.fromtimestamp(at, timezone.utc)
    if event_id and told("id") == event_id and told("type") and "data" in body:
        kind, created, said = told("type"), told("timestamp"), body["data"]
    else:
        kind, created, said = told("event") if event_id and told("event_id") == event_id else None, told("created_at"), body
    if kind is None:
        return Event(event_id, "trigger.emitted", sent_at, None, None, None, body, raw)
    return Event(event_id, kind, sent_at, _time(created), told("environment"), told("external_user_id"), said, raw)


def _time(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat((text or "").replace("Z", "+00:00"))
    except ValueError:
        return None
