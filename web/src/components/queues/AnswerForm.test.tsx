import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import type { Schemas } from "@/api/types";
import { fakeFetch, renderAt } from "@/testing/render";
import { AnswerForm } from "./AnswerForm";

const suspension: Schemas["RunSuspension"] = {
  run_id: "run_1", workflow_id: "p_1", workflow_name: "Refund", external_user_id: null, path: "approval", name: "approval", since: "2026-01-01T00:00:00Z", until: null, on_timeout: "fail",
  resume_url: "https://x.example/1", cancel_url: "https://x.example/2",
  form: {
    title: "Refund?", approve: "Refund it", reject: "Refuse",
    fields: [
      { name: "amount", type: "number", label: "Amount", required: true, help: "In euros." },
      { name: "why", type: "choice", label: "Why", options: ["late", "lost"], required: true },
      { name: "tell", type: "boolean", label: "Tell the customer" },
    ],
  },
};

async function open(s = suspension) {
  const sent = fakeFetch(() => ({ status: 204 }));
  const after = vi.fn();
  await renderAt(<AnswerForm suspension={s} after={after} />);
  return { sent: () => sent.filter((c) => c.method === "POST").map((c) => JSON.parse(c.body) as unknown), after, user: userEvent.setup() };
}

it("asks with the fields of the step, and sends what they are", async () => {
  const { sent, after, user } = await open();
  await user.click(screen.getByRole("button", { name: "Refund it" }));
  expect(await screen.findAllByText("This is needed.")).toHaveLength(2);
  expect(sent()).toEqual([]);
  const amount = screen.getByLabelText("Amount");
  expect(amount.getAttribute("aria-invalid")).toBe("true");
  await user.type(amount, "12,5");
  expect(amount.getAttribute("aria-invalid")).toBeNull();
  await user.click(screen.getByRole("combobox", { name: "Why" }));
  await user.click(await screen.findByRole("option", { name: "lost" }));
  await user.click(screen.getByRole("checkbox", { name: "Tell the customer" }));
  await user.click(screen.getByRole("button", { name: "Refund it" }));
  await waitFor(() => expect(sent()).toEqual([{ path: "approval", choice: "resume", data: { amount: 12.5, why: "lost", tell: true } }]));
  await waitFor(() => expect(after).toHaveBeenCalledOnce());
});

it("refuses, and ends the run, whatever is filled in", async () => {
  const { sent, user } = await open();
  await user.click(screen.getByRole("button", { name: "Refuse" }));
  await waitFor(() => expect(sent()).toEqual([{ path: "approval", choice: "resume", approved: false, data: { amount: null, why: null, tell: false } }]));
  await user.click(screen.getByRole("button", { name: "End the run" }));
  await waitFor(() => expect(sent()[1]).toEqual({ path: "approval", choice: "cancel" }));
});

it("takes JSON where the form does not do, and says when it is none", async () => {
  const { sent, user } = await open({ ...suspension, form: null });
  expect(screen.queryByRole("textbox")).toBeNull();
  await user.click(screen.getByRole("button", { name: "Advanced: as JSON" }));
  const field = screen.getByLabelText("What was filled in");
  await user.clear(field);
  await user.type(field, "[[1,");
  await user.click(screen.getByRole("button", { name: "Go on" }));
  await screen.findByText(/^The answer is not JSON/);
  await user.type(field, "2]");
  await user.click(screen.getByRole("button", { name: "Go on, as refused" }));
  await waitFor(() => expect(sent()).toEqual([{ path: "approval", choice: "resume", approved: false, data: [1, 2] }]));
});
