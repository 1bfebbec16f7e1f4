from __future__ import annotations

import asyncio
import base64
import json
import os
import threading
import unittest
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from email.utils import format_datetime
from typing import Any
from unittest import mock

import httpx

import patchbay
from patchbay import AsyncPatchbay, Patchbay, _core

Answer = httpx.Response | Exception | Callable[[], httpx.Response]


def ok(body: Any, status: int = 200) -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(status, json=body)


def wrong(status: int, **headers: str) -> Callable[[], httpx.Response]:
    said = {"error": "So it is.", "code": "odd", "details": {}}
    return lambda: httpx.Response(
        status, json=said, headers={"x-request-id": "req_1", **{k.replace("_", "-"): v for k, v in headers.items()}}
    )


def pages(*ids: str, end: str | None = None) -> Callable[[], httpx.Response]:
    return ok(
        {
            "data": [{"id": i, "external_id": i, "created_at": NOW, "updated_at": NOW} for i in ids],
            "page_info": {"total_count": 3, "end_cursor": end},
        }
    )


NOW = "2026-01-01T00:00:00Z"
OPTIONS: dict[str, Any] = {
    "base_url": "https://connect.test/",
    "client_id": "cli",
    "client_secret": "s3cret",
    "project_id": "proj_1",
    "environment": "development",
}


class Fake:
    """A server that answers what it is told to, in order, the last answer again and again; tokens beside."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = answers
        self.asked: list[httpx.Request] = []
        self.tokens: list[httpx.Request] = []
        self.lasting = 3600
        self.slept: list[float] = []
        self.lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self.lock:
            if request.url.path.endswith("/v1/oauth/token"):
                self.tokens.append(request)
                return httpx.Response(
                    200, json={"access_token": f"t{len(self.tokens)}", "token_type": "Bearer", "expires_in": self.lasting}
                )
            self.asked.append(request)
            answer = self.answers[min(len(self.asked), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer

    def client(self, **more: Any) -> Patchbay:
        client = Patchbay(**{**OPTIONS, "httpx_client": httpx.Client(transport=httpx.MockTransport(self)), **more})
        client._call.sleep = self.slept.append
        return client

    def awaited(self, **more: Any) -> AsyncPatchbay:
        client = AsyncPatchbay(**{**OPTIONS, "httpx_client": httpx.AsyncClient(transport=httpx.MockTransport(self)), **more})

        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)

        client._call.sleep = sleep
        return client

    def sent(self, at: int = 0) -> Any:
        return json.loads(self.asked[at].content)


class What_is_sent(unittest.TestCase):
    def test_a_query(self) -> None:
        server = Fake(pages())
        server.client().apps.list(category_ids=["a b", "c&d"], has_actions=True, limit=5)
        server.client().action_runs.list(from_=datetime(1970, 1, 1, tzinfo=timezone.utc))
        self.assertEqual(server.asked[0].url.path, "/v1/connect/apps")
        self.assertEqual(
            sorted(server.asked[0].url.query.decode().split("&")),
            ["category_ids=a%20b", "category_ids=c%26d", "has_actions=true", "limit=5"],
        )
        self.assertEqual(server.asked[1].url.params["from"], "1970-01-01T00:00:00+00:00")
        headers = server.asked[0].headers
        self.assertEqual(
            (headers["x-pd-environment"], headers["authorization"], headers["user-agent"]),
            ("development", "Bearer t1", f"patchbay-python/{patchbay.__version__}"),
        )
        self.assertEqual(
            json.loads(server.tokens[0].content), {"grant_type": "client_credentials", "client_id": "cli", "client_secret": "s3cret"}
        )

    def test_a_body_without_what_is_not_given_and_with_what_is_null(self) -> None:
        outcome: dict[str, Any] = {
            "exports": {"aKey": {"in_it": 1}},
            "os": [],
            "ret": {"made_at": NOW},
            "stash_id": None,
            "run_id": "arun_1",
        }
        server = Fake(ok(outcome))
        props = {"app": {"authProvisionId": "apn_1"}}
        said = server.client().actions.run(id="x", external_user_id="ada", configured_props=props, version=None)
        self.assertEqual(server.sent(), {"id": "x", "external_user_id": "ada", "configured_props": props, "version": None})
        self.assertRegex(server.asked[0].headers["idempotency-key"], "^[0-9a-f-]{36}$")
        self.assertEqual((said.exports, said.ret, said.run_id), ({"aKey": {"in_it": 1}}, {"made_at": NOW}, "arun_1"))

    def test_what_stands_in_the_query_though_there_is_a_body_and_ids_that_are_escaped(self) -> None:
        server = Fake(ok({"workflow_ids": ["p_1"], "changed_at": "2026-01-01T00:00:00Z"}))
        client = server.client()
        self.assertEqual(
            client.deployed_triggers.update_workflows("dc_1", external_user_id="ada", workflow_ids=["p_1"]).workflow_ids, ["p_1"]
        )
        self.assertEqual((server.asked[0].url.query, server.sent()), (b"external_user_id=ada", {"workflow_ids": ["p_1"]}))
        client.users.delete_external_user("a/b c")
        self.assertEqual(server.asked[1].url.raw_path, b"/v1/connect/proj_1/users/a%2Fb%20c")
        self.assertNotIn("content-type", server.asked[1].headers)
        with self.assertRaisesRegex(ValueError, "account_id is empty"):
            client.accounts.delete("")

    def test_the_connect_token_is_the_bearer_where_only_it_may_be(self) -> None:
        server = Fake(wrong(400))
        with self.assertRaises(patchbay.BadRequestError):
            server.client().accounts.create(app_slug="a", cfmap_json="{}", connect_token="ctok_1")
        self.assertEqual((server.asked[0].headers["authorization"], server.tokens), ("Bearer ctok_1", []))

    def test_options_of_one_call(self) -> None:
        server = Fake(pages())
        server.client(headers={"X-A": "1", "X-B": "1"}).users.list(options={"headers": {"X-B": "2"}, "environment": "production"})
        headers = server.asked[0].headers
        self.assertEqual((headers["x-a"], headers["x-b"], headers["x-pd-environment"]), ("1", "2", "production"))


class Configuration(unittest.TestCase):
    def setUp(self) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PATCHBAY_")}
        patch = mock.patch.dict(os.environ, kept, clear=True)
        patch.start()
        self.addCleanup(patch.stop)

    def test_comes_from_the_environment(self) -> None:
        given = {
            "BASE_URL": "http://h/prefix/",
            "CLIENT_ID": "a",
            "CLIENT_SECRET": "b",
            "PROJECT_ID": "proj_env",
            "ENVIRONMENT": "development",
        }
        os.environ.update({f"PATCHBAY_{k}": v for k, v in given.items()})
        server = Fake(pages())
        Patchbay(httpx_client=httpx.Client(transport=httpx.MockTransport(server))).accounts.list()
        self.assertEqual(str(server.asked[0].url), "http://h/prefix/v1/connect/proj_env/accounts")

    def test_that_is_wrong_is_refused(self) -> None:
        for change, said in (
            ({"base_url": None}, "base_url is missing"),
            ({"base_url": "ftp://x"}, 'base_url is "ftp://x"'),
            ({"client_secret": None}, "PATCHBAY_CLIENT_SECRET"),
            ({"environment": "staging"}, 'environment is "staging"'),
        ):
            for kind in (Patchbay, AsyncPatchbay):
                with self.subTest(said), self.assertRaisesRegex(ValueError, said):
                    kind(**{**OPTIONS, **change})

    def test_production_unless_it_is_named_and_a_project_where_one_is_needed(self) -> None:
        server = Fake(pages())
        client = server.client(environment=None, project_id=None)
        client.projects.list()
        self.assertEqual(server.asked[0].headers["x-pd-environment"], "production")
        with self.assertRaisesRegex(ValueError, "project_id is missing"):
            client.accounts.list()


class Tokens(unittest.TestCase):
    def test_are_fetched_once_for_all_who_wait(self) -> None:
        server = Fake(pages())
        client = server.client()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: client.users.list(), range(16)))
        self.assertEqual((len(server.asked), len(server.tokens)), (16, 1))
        awaited = Fake(pages())

        async def all_at_once() -> None:
            client = awaited.awaited()
            await asyncio.gather(*[client.users.delete_external_user("a") for _ in range(16)])

        asyncio.run(all_at_once())
        self.assertEqual((len(awaited.asked), len(awaited.tokens)), (16, 1))

    def test_are_renewed_before_they_end(self) -> None:
        server = Fake(pages())
        client = server.client()
        with mock.patch("patchbay._sync.monotonic") as now:
            now.return_value = 0
            self.assertEqual(client.raw_access_token, "t1")
            now.return_value = 3479
            self.assertEqual(client.raw_access_token, "t1")
            now.return_value = 3481
            server.lasting = 100
            self.assertEqual(client.raw_access_token, "t2")
            now.return_value = 3481 + 51
            self.assertEqual(client.raw_access_token, "t3")

    def test_that_are_refused_are_replaced_once(self) -> None:
        server = Fake(wrong(401), pages())
        server.client().users.list()
        self.assertEqual([a.headers["authorization"] for a in server.asked], ["Bearer t1", "Bearer t2"])
        never = Fake(wrong(401))
        with self.assertRaises(patchbay.UnauthorizedError):
            asyncio.run(never.awaited().users.delete_external_user("a"))
        self.assertEqual(len(never.asked), 2)

    def test_may_be_given_instead(self) -> None:
        async def mine() -> str:
            return "mine"

        server, awaited = Fake(pages()), Fake(pages())
        server.client(token="mine").users.delete_external_user("a")
        asyncio.run(awaited.awaited(token=mine).users.delete_external_user("a"))
        for fake in (server, awaited):
            self.assertEqual((fake.asked[0].headers["authorization"], fake.tokens), ("Bearer mine", []))


class Retries(unittest.TestCase):
    def test_of_what_may_pass_twice(self) -> None:
        for status in (408, 429, 500, 502, 503, 504):
            server, down, awaited = Fake(wrong(status), wrong(status), pages()), Fake(wrong(status)), Fake(wrong(status), pages())
            server.client().users.list()
            asyncio.run(awaited.awaited().users.delete_external_user("a"))
            with self.assertRaises(patchbay.PatchbayError) as failed:
                down.client().users.list()
            self.assertEqual((len(server.asked), len(down.asked), len(awaited.asked), failed.exception.status), (3, 3, 2, status))
            for slept, about in zip(server.slept, (1, 2), strict=True):
                self.assertTrue(0.8 * about <= slept <= 1.2 * about, server.slept)

    def test_of_nothing_else(self) -> None:
        for status in (400, 403, 404, 409, 413):
            server = Fake(wrong(status))
            with self.assertRaises(patchbay.PatchbayError):
                server.client().users.list()
            self.assertEqual(len(server.asked), 1)
        server = Fake(wrong(503))
        with self.assertRaises(patchbay.ServerError):
            server.client().users.list(options={"max_retries": 0})
        self.assertEqual(len(server.asked), 1)

    def test_not_of_what_would_be_done_twice(self) -> None:
        server = Fake(wrong(500))
        with self.assertRaises(patchbay.ServerError):
            server.client().triggers.deploy(id="x", external_user_id="ada")
        self.assertEqual(len(server.asked), 1)
        busy = Fake(wrong(503), wrong(400))
        with self.assertRaises(patchbay.BadRequestError):
            busy.client().triggers.deploy(id="x", external_user_id="ada")
        run = Fake(wrong(500), wrong(400))
        with self.assertRaises(patchbay.BadRequestError):
            run.client().actions.run(id="x", external_user_id="ada")
        self.assertEqual(run.asked[0].headers["idempotency-key"], run.asked[1].headers["idempotency-key"])

    def test_wait_as_long_as_they_are_told_and_no_longer_than_a_minute(self) -> None:
        date = format_datetime(datetime.fromtimestamp(datetime.now().timestamp() + 30, timezone.utc), usegmt=True)
        reset = str(datetime.now().timestamp() + 30)
        for headers in ({"retry_after": "30"}, {"retry_after": date}, {"x_ratelimit_reset": reset}):
            server = Fake(wrong(429, **headers), pages())
            server.client().users.list()
            self.assertEqual(len(server.slept), 1)
            self.assertLessEqual(server.slept[0], 30)
            self.assertGreater(server.slept[0], 0)
        with self.assertRaises(patchbay.TooManyRequestsError) as failed:
            Fake(wrong(429, retry_after="61")).client().users.list()
        self.assertEqual(failed.exception.retry_after, 61)


class Errors(unittest.TestCase):
    def test_are_of_their_class(self) -> None:
        for status, kind in (
            (400, patchbay.BadRequestError),
            (401, patchbay.UnauthorizedError),
            (403, patchbay.ForbiddenError),
            (404, patchbay.NotFoundError),
            (409, patchbay.ConflictError),
            (422, patchbay.BadRequestError),
            (429, patchbay.TooManyRequestsError),
            (500, patchbay.ServerError),
            (418, patchbay.PatchbayError),
        ):
            with self.assertRaises(kind) as failed:
                Fake(wrong(status)).client(max_retries=0).accounts.delete("apn_1")
            e = failed.exception
            self.assertEqual((e.status, e.status_code, e.code, e.message, e.request_id), (status, status, "odd", "So it is.", "req_1"))
            self.assertIn("req_1", str(e))

    def test_that_are_not_the_apis(self) -> None:
        def code(answer: Answer, **more: Any) -> str:
            with self.assertRaises(patchbay.PatchbayError) as failed:
                Fake(answer).client(max_retries=0, **more).endpoints.create(url="https://x.test")
            return failed.exception.code

        self.assertEqual(code(httpx.Response(404, text="<html>")), "http_404")
        self.assertEqual(code(httpx.Response(200, text="<html>")), "not_json")
        self.assertEqual(code(httpx.Response(307, headers={"location": "https://x"})), "redirected")
        self.assertEqual(code(httpx.ConnectError("refused")), "network")
        self.assertEqual(code(httpx.ReadTimeout("late")), "timeout")


class Pages(unittest.TestCase):
    def server(self) -> Fake:
        return Fake(pages("a", end="c1"), pages("b", end="c2"), pages("c"))

    def test_are_gone_through(self) -> None:
        server = self.server()
        self.assertEqual([u.external_id for u in server.client().users.list(q="x", before="b")], ["a", "b", "c"])
        self.assertEqual([a.url.query.decode() for a in server.asked], ["q=x&before=b", "q=x&after=c1", "q=x&after=c2"])
        first = self.server().client().users.list()
        self.assertEqual((len(first.data), first.page_info.total_count, first.has_next), (1, 3, True))
        second = first.get_next_page()
        assert second is not None
        third = second.get_next_page()
        assert third is not None
        self.assertEqual((second.data[0].id, third.get_next_page()), ("b", None))

    def test_are_gone_through_by_who_awaits(self) -> None:
        async def story() -> None:
            self.assertEqual([u.id async for u in self.server().awaited().users.list()], ["a", "b", "c"])
            first = await self.server().awaited().users.list()
            self.assertEqual([u.id async for u in first], ["a", "b", "c"])
            second = await (await self.server().awaited().users.list()).get_next_page()
            assert second is not None
            self.assertEqual(second.data[0].id, "b")

        asyncio.run(story())

    def test_end_where_a_server_names_the_same_place_again(self) -> None:
        self.assertEqual(len(list(Fake(pages("x", end="same")).client().users.list())), 2)


class The_proxy(unittest.TestCase):
    call: dict[str, Any] = {"external_user_id": "ada", "account_id": "apn_1"}  # noqa: RUF012

    def test_carries_the_target_the_headers_and_the_body(self) -> None:
        server = Fake(ok({"some_key": 1}))
        said = server.client().proxy.post(
            "/api/things?a=1#f",
            params={"b": [1, True], "c": None},
            headers={"X-Note": "kept", "Content-Type": "application/vnd.x+json"},
            body={"a": 1},
            **self.call,
        )
        asked = server.asked[0]
        target = asked.url.path.rsplit("/", 1)[1]
        self.assertEqual(base64.urlsafe_b64decode(target + "=="[: -len(target) % 4]).decode(), "/api/things?a=1&b=1&b=true#f")
        self.assertEqual(asked.url.query, b"external_user_id=ada&account_id=apn_1")
        self.assertEqual(
            (asked.headers["x-pd-proxy-x-note"], asked.headers["content-type"], server.sent(), said),
            ("kept", "application/vnd.x+json", {"a": 1}, {"some_key": 1}),
        )

    def test_hands_on_what_it_is(self) -> None:
        def of(answer: httpx.Response) -> Any:
            return Fake(answer).client().proxy.get("/", **self.call)

        self.assertEqual(of(httpx.Response(200, text="a,b", headers={"content-type": "text/csv"})), "a,b")
        self.assertIsNone(of(httpx.Response(204)))
        self.assertEqual(of(httpx.Response(200, content=b"\x01", headers={"content-type": "image/png"})), b"\x01")

    def test_streams_both_ways_and_once(self) -> None:
        def parts() -> Iterator[bytes]:
            yield b"a"
            yield b"b"

        server = Fake(httpx.Response(200, content=b"12"))
        with server.client().proxy.stream("PUT", "/", body=parts(), **self.call) as answer:
            self.assertEqual(b"".join(answer.iter_bytes()), b"12")
        self.assertEqual(server.asked[0].content, b"ab")
        down = Fake(wrong(503))
        with self.assertRaises(patchbay.ServerError):
            down.client().proxy.put("/", body=parts(), **self.call)
        self.assertEqual(len(down.asked), 1)

    def test_does_not_repeat_what_an_app_may_have_done(self) -> None:
        server = Fake(wrong(500))
        with self.assertRaises(patchbay.ServerError):
            server.client().proxy.post("/", body={}, **self.call)
        self.assertEqual(len(server.asked), 1)


class Workflows(unittest.TestCase):
    def test_are_invoked_and_nobody_else_is_handed_the_token(self) -> None:
        server = Fake(ok({"ok": True}))
        client, plain = server.client(workflow_domain="wf.test"), server.client()
        said = client.workflows.invoke_for_external_user("enabc", external_user_id="ada", body={"a": 1})
        plain.workflows.invoke("enabc", method="GET")
        client.workflows.invoke("https://eoabc.wf.test:8443/Some/Path?Q=1")
        self.assertEqual((said.status, said.body), (200, {"ok": True}))
        self.assertEqual(
            [str(a.url) for a in server.asked],
            ["https://enabc.wf.test", "https://connect.test/e/enabc", "https://eoabc.wf.test:8443/Some/Path?Q=1"],
        )
        self.assertEqual([a.headers.get("authorization") for a in server.asked], ["Bearer t1", None, None])
        self.assertEqual(server.asked[0].headers["x-pd-external-user-id"], "ada")
        for address in ("https://evil.test/x", "https://connect.test.evil.test/e/x"):
            with self.assertRaisesRegex(ValueError, "is neither"):
                client.workflows.invoke(address)


class Whatever_else(unittest.TestCase):
    def test_files_are_bytes_and_any_operation_has_a_path(self) -> None:
        server = Fake(httpx.Response(200, content=b"\x07"), ok({"some_key": 1}))
        client = server.client()
        self.assertEqual(client.file_stash.download_file(s3_key="k"), b"\x07")
        self.assertEqual(client.request("POST", "/v1/projects/{project_id}/schedules/preview", {"cron": "* * * * *"}), {"some_key": 1})
        self.assertEqual(server.asked[1].url.path, "/v1/projects/proj_1/schedules/preview")

    def test_both_clients_have_the_same_methods(self) -> None:
        def names(thing: object) -> set[str]:
            return {n for n in dir(thing) if not n.startswith("_")}

        one, other = Fake(pages()).client(), Fake(pages()).awaited()
        self.assertEqual(names(one), names(other))
        for group in ("accounts", "deployed_triggers", "proxy", "workflows"):
            self.assertEqual(names(getattr(one, group)), names(getattr(other, group)))
        self.assertEqual(_core.VERSION, patchbay.__version__)
        with self.assertRaises(AttributeError):
            patchbay.nothing  # noqa: B018


if __name__ == "__main__":
    unittest.main()
