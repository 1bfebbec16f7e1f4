"""The story of all libraries in Python: python story.py, with the environment that libraries.test.mjs gives it."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import patchbay
from patchbay import AsyncPatchbay, Patchbay, webhooks

STEPS = json.loads((Path(__file__).parent / "steps.json").read_text())
done: list[str] = []


def step(name: str) -> None:
    assert name == STEPS[len(done)], (name, STEPS[len(done)])
    done.append(name)
    print(f"ok {name}", flush=True)


def expect(kind: type[Exception], call: Any) -> Any:
    try:
        call()
    except kind as e:
        return e
    raise AssertionError(f"no {kind.__name__}")


user = os.environ["STORY_USER"]
client = Patchbay()

refused = expect(patchbay.UnauthorizedError, Patchbay(client_id=os.environ["PATCHBAY_CLIENT_ID"], client_secret="pbs_wrong").accounts.list)
assert refused.status == 401 and refused.code and refused.request_id
step("a wrong secret is refused")

project = client.projects.retrieve(os.environ["PATCHBAY_PROJECT_ID"])
assert project.id == os.environ["PATCHBAY_PROJECT_ID"]
step("the project is there")

slugs = [app.name_slug for app in client.apps.list(q="acme", limit=1)]
assert len(slugs) > 1 and "acme_crm_key" in slugs and len(set(slugs)) == len(slugs), slugs
step("apps are gone through page by page")

app = client.apps.retrieve("acme_crm_key").data
assert (app.name_slug, app.auth_type) == ("acme_crm_key", "keys")
step("an app is retrieved")

token = client.tokens.create(external_user_id=user, expires_in=600)
assert token.token.startswith("ctok_") and token.expires_at.timestamp() > time.time() and "?" in token.connect_link_url
step("a connect token is made for the user")

valid = client.tokens.validate(token.token, app_id="acme_crm_key")
assert (valid.success, valid.project_id) == (True, project.id)
step("the token is valid")


def connect(connect_token: str, name: str) -> patchbay.models.Account:
    return client.accounts.create(app_slug="acme_crm_key", cfmap_json=json.dumps({"api_key": "acme_demo_key_ada"}), connect_token=connect_token, name=name)


account = connect(token.token, "First")
assert account.id.startswith("apn_") and account.healthy and account.external_id == user
step("an account is connected with it")

second = connect(client.tokens.create(external_user_id=user).token, "Second")
assert second.id != account.id
step("another account is connected")


async def gone_through() -> list[str]:
    async with AsyncPatchbay() as awaited:
        first = await awaited.accounts.list(external_user_id=user, limit=1)
        assert (len(first.data), first.has_next) == (1, True)
        return [a.id async for a in awaited.accounts.list(external_user_id=user, limit=1)]


ids = [a.id for a in client.accounts.list(external_user_id=user, limit=1)]
assert sorted(ids) == sorted([account.id, second.id]) == sorted(asyncio.run(gone_through())), ids
step("accounts are gone through page by page")

assert client.accounts.retrieve(account.id).name == "First"
step("an account is retrieved")

assert len(client.accounts.list_by_external_user(user)) == 2
step("the user's accounts are listed")

assert [u.external_id for u in client.users.list(q=user)] == [user]
step("the user is found")

missing = expect(patchbay.NotFoundError, lambda: client.accounts.retrieve("apn_0"))
assert missing.code == "account_not_found" and missing.request_id
step("an account that is not there is not found")

at = {"external_user_id": user, "account_id": account.id}
assert len(client.proxy.get("/api/contacts", params={"limit": 2}, **at)["data"]) == 2
step("the proxy reads at the app")

contact = client.proxy.post("/api/contacts", body={"name": "Story of Python"}, **at)
assert contact["name"] == "Story of Python"
step("the proxy writes at the app")


async def streamed() -> str:
    async with AsyncPatchbay() as awaited, awaited.proxy.stream("GET", "/api/contacts", params={"limit": 100}, **at) as answer:
        return "".join([text async for text in answer.aiter_text()])


with client.proxy.stream("GET", "/api/contacts", params={"limit": 100}, **at) as answer:
    assert contact["id"] in "".join(answer.iter_text())
assert contact["id"] in asyncio.run(streamed())
step("the proxy streams")

assert expect(patchbay.NotFoundError, lambda: client.proxy.get("/api/nothing", **at)).status == 404
step("an app's refusal is told")

assert "acme-crm-key-list-contacts" in [a.key for a in client.actions.list(app="acme_crm_key")]
props = client.actions.retrieve("acme-crm-key-add-note").data.configurable_props
assert [p.name for p in props if getattr(p, "remoteOptions", False)] == ["contact_id"], props
step("actions are listed and retrieved")

app_prop = {"acme_crm_key": {"authProvisionId": account.id}}
asked = client.actions.configure_prop(id="acme-crm-key-add-note", external_user_id=user, prop_name="contact_id", configured_props=app_prop)
assert asked.options and not asked.errors
step("the options of a prop are asked for")

run: dict[str, Any] = {"id": "acme-crm-key-list-contacts", "external_user_id": user, "configured_props": {**app_prop, "limit": 2}}
outcome = client.actions.run(**run)
assert (len(outcome.ret), outcome.exports["$summary"]) == (2, "Found 2 contacts")
step("an action is run")


async def again() -> str | None:
    async with AsyncPatchbay() as awaited:
        return (await awaited.actions.run(**run, options={"idempotency_key": f"key-{user}"})).run_id


assert client.actions.run(**run, options={"idempotency_key": f"key-{user}"}).run_id == asyncio.run(again())
step("a run that is repeated with its key is done once")

events: Queue[tuple[dict[str, str], bytes]] = Queue()


class Hook(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        events.put((dict(self.headers), self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


hook = HTTPServer(("127.0.0.1", 0), Hook)
threading.Thread(target=hook.serve_forever, daemon=True).start()
trigger = client.triggers.deploy(id="http-new-requests", external_user_id=user, webhook_url=f"http://localhost:{hook.server_port}/hook").data
assert trigger.endpoint_url and trigger.webhook_signing_key
step("a trigger is deployed")

urllib.request.urlopen(urllib.request.Request(trigger.endpoint_url, data=b'{"order": 7}', headers={"Content-Type": "application/json"})).close()
headers, body = events.get(timeout=120)
event = webhooks.verify(headers, body, trigger.webhook_signing_key)
assert (event.type, event.body["body"]) == ("trigger.emitted", {"order": 7}), event
step("its event arrives, signed")

assert expect(webhooks.WebhookError, lambda: webhooks.verify(headers, body + b" ", trigger.webhook_signing_key)).code == "wrong_signature"
step("an event that was changed on the way is refused")

assert [d.id for d in client.deployed_triggers.list(external_user_id=user, emitter_type="http")] == [trigger.id]
assert client.deployed_triggers.update(trigger.id, external_user_id=user, active=False).data.active is False
step("the deployed trigger is listed and changed")

flow = client.request(
    "POST",
    "/v1/projects/{project_id}/workflows",
    {
        "name": f"Story {user}",
        "triggers": [{"type": "http", "auth": "oauth"}],
        "steps": [
            {"name": "read", "type": "http_request", "account": {"of": "user", "app": "acme_crm_key"}, "method": "GET", "url": "/api/contacts"},
            {"name": "answer", "type": "respond", "status": 201, "body": {"found": "{{ len(steps.read.body.data) }}", "said": "{{ trigger.body.said }}"}},
        ],
    },
)
client.request("POST", f"/v1/projects/{{project_id}}/workflows/{flow['id']}/deploy")
chosen = {"x-patchbay-account-map": f"acme_crm_key={account.id}"}
said = client.workflows.invoke_for_external_user(flow["endpoint"]["endpoint_id"], external_user_id=user, body={"said": "hello"}, headers=chosen)
assert (said.status, said.body["said"]) == (201, "hello") and said.body["found"] > 0, said
step("a workflow is invoked for the user")


async def patient() -> list[str]:
    async with AsyncPatchbay(base_url=f"{os.environ['STORY_FLAKY_URL']}-awaited", client_id="cli_flaky", client_secret="pbs_flaky") as flaky:
        return [u.external_id async for u in flaky.users.list()]


flaky = Patchbay(base_url=os.environ["STORY_FLAKY_URL"], client_id="cli_flaky", client_secret="pbs_flaky")
assert [u.external_id for u in flaky.users.list()] == ["patient"] == asyncio.run(patient())
step("what fails in passing is tried again, and a token that is refused is replaced")

file = client.file_stash.upload(b"once upon a time", external_user_id=user, path="story.txt", content_type="text/plain")
assert client.file_stash.download_file(s3_key=file.s3_key) == b"once upon a time"
step("a file goes up and comes down")

now = int(time.time())
usage = client.usage.list(start_ts=now - 86_400, end_ts=now).data
assert usage and usage[0].credits_used >= 0
step("usage is listed")

client.users.delete_external_user(user)
assert client.accounts.list(external_user_id=user).data == []
step("the user is deleted with all that they had")

hook.shutdown()
client.close()
assert len(done) == len(STEPS)
