import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import type { Webhook } from "@/api/types";
import { fakeFetch, renderAt } from "@/testing/render";
import { ReceiverTrouble } from "./ReceiverTrouble";

const now = 1_770_000_000;
const webhook: Webhook = { id: "whk_1", url: "https://acme.test/hook", signing_key_set: true, created_at: now, updated_at: now, changed_at: "2026-02-02T02:40:00Z", status: "active" };

async function show(over: Partial<Webhook>, changed: (w: Webhook) => void = () => {}) {
  const sent = fakeFetch(() => ({ body: { data: webhook } }));
  await renderAt(<ReceiverTrouble webhook={{ ...webhook, ...over }} changed={changed} />, "/projects/proj_1/development/webhook", "/projects/$projectId/$environment/webhook");
  return sent;
}

it("says nothing of a receiver that works", async () => {
  await show({});
  expect(screen.queryByRole("status")).toBeNull();
});

it("says why nothing is sent, and goes on when told to", async () => {
  let told: Webhook | undefined;
  const sent = await show({ status: "paused", paused_until: now + 60, failing_since: now }, (w) => (told = w));
  expect(screen.getByText(/left alone for a while/)).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: /send now/ }));
  await waitFor(() => expect(told?.status).toBe("active"));
  expect(sent.at(-1)).toMatchObject({ method: "PUT", body: JSON.stringify({ url: webhook.url }) });
});

it("tells a receiver that is gone from one that failed for days", async () => {
  await show({ status: "disabled", disabled_reason: "gone" });
  expect(screen.getByText(/410/)).toBeTruthy();
});
