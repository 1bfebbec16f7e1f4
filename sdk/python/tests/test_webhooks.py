from __future__ import annotations

import base64
import json
import re
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

from patchbay import webhooks

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parents[2] / "vectors" / "webhooks.json").read_bytes())["vectors"]


def body_of(vector: dict[str, Any]) -> bytes:
    return base64.b64decode(vector["body_base64"]) if "body_base64" in vector else str(vector["body"]).encode()


def verify(vector: dict[str, Any], body: Any = None, headers: Any = None, secrets: Any = None) -> webhooks.Event:
    return webhooks.verify(
        vector["headers"] if headers is None else headers,
        body_of(vector) if body is None else body,
        vector["secrets"] if secrets is None else secrets,
        tolerance=vector.get("tolerance", webhooks.DEFAULT_TOLERANCE),
        now=lambda: float(vector["now"]),
    )


class Vectors(unittest.TestCase):
    """The requests that all libraries are tested with: one test each, so that each is counted."""

    def check(self, vector: dict[str, Any]) -> None:
        if "error" in vector:
            with self.assertRaises(webhooks.WebhookError) as refused:
                verify(vector)
            self.assertEqual(refused.exception.code, vector["error"])
            self.assertTrue(str(refused.exception))
            for secret in vector["secrets"]:
                if len(secret) > 8:
                    self.assertNotIn(secret, str(refused.exception))
            return
        event, want = verify(vector), vector["event"]
        self.assertEqual((event.id, event.type, event.sent_at.timestamp()), (want["id"], want["type"], want["sent_at"]))
        self.assertEqual((event.environment, event.external_user_id), (want.get("environment"), want.get("external_user_id")))
        created = event.created_at.strftime("%Y-%m-%dT%H:%M:%S.000Z") if event.created_at else None
        self.assertEqual(created, want.get("created_at"))
        self.assertEqual((event.raw, event.body), (body_of(vector), json.loads(want.get("data", body_of(vector)))))


def _test(vector: dict[str, Any]) -> Any:
    def test(self: Vectors) -> None:
        self.check(vector)

    test.__doc__ = vector["name"]
    return test


for _number, _vector in enumerate(VECTORS):
    setattr(Vectors, f"test_{_number:03}", _test(_vector))


class Verify(unittest.TestCase):
    def test_there_are_vectors(self) -> None:
        self.assertGreater(len(VECTORS), 50)

    def test_body_as_text_or_bytes_and_one_secret_as_text(self) -> None:
        first = VECTORS[0]
        for body in (first["body"], body_of(first), bytearray(body_of(first))):
            self.assertEqual(verify(first, body=body, secrets=first["secrets"][0]).id, first["event"]["id"])

    def test_a_body_that_was_parsed_is_told_apart(self) -> None:
        with self.assertRaises(TypeError):
            verify(VECTORS[0], body=json.loads(VECTORS[0]["body"]))

    def test_a_secret_that_is_not_set(self) -> None:
        for secrets in ("", [None], []):
            with self.assertRaises(webhooks.WebhookError) as refused:
                verify(VECTORS[0], secrets=secrets)
            self.assertEqual(refused.exception.code, "malformed_secret")

    def test_nothing_but_a_webhook_error_comes_of_what_others_send(self) -> None:
        first = VECTORS[0]
        for name in first["headers"]:
            for value in ("\udcff", "\x00", "v1,\u00e9", "t=1,v1=\u00e9", "=" * 100, ",", "." * 10):
                try:
                    verify(first, headers={**first["headers"], name: value})
                except webhooks.WebhookError:
                    continue
                self.assertIn(name, ("content-type", "x-pd-timestamp", "x-pd-signature"))

    def test_who_is_not_told_the_time_takes_it_from_the_machine(self) -> None:
        first = VECTORS[0]
        with self.assertRaises(webhooks.WebhookError) as refused:
            webhooks.verify(first["headers"], body_of(first), first["secrets"])
        self.assertEqual(refused.exception.code, "too_old")


class Readme(unittest.TestCase):
    """What the README shows for Flask is run as it stands there."""

    def test_flask(self) -> None:
        text = (Path(__file__).parents[1] / "README.md").read_text()
        blocks = [b for b in re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S) if "Flask" in b]
        self.assertEqual(len(blocks), 1)
        vector = VECTORS[0]
        known: set[str] = set()
        done: list[Any] = []

        def seen(event: str) -> bool:
            again = event in known
            known.add(event)
            return again

        shown: dict[str, Any] = {"__name__": "shown", "seen": seen, "connected": lambda *what: done.append(what), "work": done.append}
        exec(blocks[0], shown)
        client = shown["app"].test_client()
        with (
            mock.patch.dict("os.environ", {"PATCHBAY_SIGNING_KEY": vector["secrets"][0]}),
            mock.patch.object(
                webhooks.verify, "__kwdefaults__", {"tolerance": webhooks.DEFAULT_TOLERANCE, "now": lambda: float(vector["now"])}
            ),
        ):
            answers = [
                client.post("/hooks", data=body, headers=vector["headers"])
                for body in (body_of(vector), body_of(vector), body_of(vector) + b" ")
            ]
        self.assertEqual([a.status_code for a in answers], [204, 204, 401])
        self.assertEqual(answers[2].get_json(), {"code": "wrong_signature"})
        self.assertEqual(done, [(vector["event"]["external_user_id"], json.loads(vector["body"])["account"]["id"])])


if __name__ == "__main__":
    unittest.main()
