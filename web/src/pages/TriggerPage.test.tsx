import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { inputOf, draftOf, placeOf, type Intake } from "@/components/IntakeForm";
import { fakeFetch, renderAt } from "@/testing/render";
import { TriggerPage } from "./TriggerPage";

afterEach(() => vi.unstubAllGlobals());

const counts = { received: 7, accepted: 4, duplicate: 1, filtered: 0, invalid: 0, unrouted: 0, refused: 0, rejected: 2, last_rejected_at: "2026-11-21T10:00:00Z" };
const empty: Intake = { verification: null, dedupe: null, split: null, filter: null, max_body: null, max_waiting: null, response: null, expect_every: null, hears_app: null, set_at: null, silent_since: null, counts };
const trigger = { id: "hi_1", name: "Orders", active: true, endpoint_url: "https://hooks.test/e/en1", created_at: 1795250000000 };
const schemes = [
  { name: "stripe", title: "Stripe", ask: "Signing secret of the endpoint", dedupes: true, keeps_secret: false, wants_token: false },
  { name: "meta", title: "Meta", ask: "App secret", dedupes: false, keeps_secret: false, wants_token: true },
];

const server = (intake: Intake, put?: object) =>
  fakeFetch((s) => {
    if (s.path.includes("/inbound_schemes")) return { body: { data: schemes } };
    if (s.path.includes("/try_filter")) return { body: { data: [{ id: "evt_1", ts: 1795250000000, holds: true, error: null }, { id: "evt_2", ts: 1795250000000, holds: false, error: "n is a text" }] } };
    if (s.path.includes("/intake")) return s.method === "PUT" ? (put ?? { body: { data: intake } }) : { body: { data: intake } };
    return { body: { data: trigger } };
  });

const show = () => renderAt(<TriggerPage />, "/projects/proj_1/development/users/ada/triggers/hi_1", "/projects/$projectId/$environment/users/$externalUserId/triggers/$triggerId");

it("shows the address and what came in, and saves settings that were changed", async () => {
  const sent = server({ ...empty, verification: { scheme: "stripe", secrets_set: 1, token_set: false } });
  await show();
  expect(await screen.findByText("https://hooks.test/e/en1")).toBeTruthy();
  expect(await screen.findByText(/^2, the last/)).toBeTruthy();
  expect(await screen.findByText(/^1 set\./)).toBeTruthy();
  fireEvent.change(await screen.findByLabelText("Signing secret of the endpoint"), { target: { value: "whsec_new\n whsec_old \n" } });
  await userEvent.click(screen.getByLabelText("Take the same event once"));
  fireEvent.change(screen.getByLabelText("Only when"), { target: { value: "trigger.body.n > 1" } });
  await userEvent.click(screen.getByRole("button", { name: "Try it with the last events" }));
  const tried = await screen.findByRole("list", { name: "What the condition says" });
  expect(within(tried).getByText("Taken")).toBeTruthy();
  expect(within(tried).getByText("n is a text")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(sent.some((s) => s.method === "PUT")).toBe(true));
  const put = sent.find((s) => s.method === "PUT");
  expect(put?.path).toContain("/deployed-triggers/hi_1/intake?external_user_id=ada");
  expect(JSON.parse(put?.body ?? "")).toEqual({ verification: { scheme: "stripe", secrets: ["whsec_new", "whsec_old"] }, dedupe: {}, filter: "trigger.body.n > 1" });
});

it("says what the server refuses, in its words", async () => {
  server(empty, { status: 400, body: { error: "dedupe: say where the id is.", code: "intake", details: {} } });
  await show();
  await userEvent.click(await screen.findByRole("button", { name: "Save" }));
  expect(await screen.findByText("dedupe: say where the id is.")).toBeTruthy();
});

it("reads a place as it is typed, and gives back what it does not show", () => {
  expect(placeOf("header X-Id")).toEqual({ header: "X-Id" });
  expect(placeOf("query id")).toEqual({ query: "id" });
  expect(placeOf("/a/b")).toEqual({ json: "/a/b" });
  expect(placeOf("trigger.body.id")).toEqual({ expression: "trigger.body.id" });
  expect(placeOf(" ")).toEqual({});
  const all: Intake = {
    ...empty, verification: { scheme: "custom", custom: { kind: "basic" }, tolerance: "1m", secrets_set: 1, token_set: false },
    dedupe: { header: "X-Id", window_seconds: 60 }, split: { path: "", id: "/id", key: "/k" }, filter: "true", max_body: 100, max_waiting: 5, expect_every: 60, hears_app: "slack",
  };
  expect(inputOf(draftOf(all), all)).toEqual({
    verification: { scheme: "custom", custom: { kind: "basic" }, tolerance: "1m" }, dedupe: { header: "X-Id", window_seconds: 60 },
    split: { path: "", id: "/id", key: "/k" }, filter: "true", max_body: 100, max_waiting: 5, expect_every: 60, hears_app: "slack",
  });
});

it("answers callers in words of its own, and bounds what it takes", () => {
  const draft = { ...draftOf(empty), answers: true, status: "202", answer: "ok", maxBody: "1000" };
  expect(inputOf(draft, empty)).toEqual({ max_body: 1000, response: { status: 202, content_type: "text/plain", body: "ok" } });
  expect(draftOf({ ...empty, ...inputOf(draft, empty), response: { status: 202, body: "ok" }, verification: null, dedupe: null, split: null } as Intake)).toMatchObject({ answers: true, status: "202", contentType: "text/plain", answer: "ok", maxBody: "1000" });
});
