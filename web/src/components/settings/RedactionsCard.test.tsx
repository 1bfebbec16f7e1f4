import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import type { Project } from "@/api/types";
import { fakeFetch, renderAt } from "@/testing/render";
import { RedactionsCard } from "./RedactionsCard";

afterEach(() => vi.unstubAllGlobals());

it("tries rules and saves them", async () => {
  const sent = fakeFetch((s) => (s.path.endsWith("/try") ? { body: { text: "to [redacted]" } } : { body: { id: "proj_1" } }));
  const saved = vi.fn();
  await renderAt(<RedactionsCard project={{ id: "proj_1", log_redactions: [{ kind: "field", match: "email" }] } as unknown as Project} saved={saved} />);
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Save rules" }).disabled).toBe(true);
  await userEvent.type(screen.getByLabelText("Rules"), "\npattern: a:b\nssn");
  await userEvent.type(screen.getByLabelText("Try the rules on a text"), "to a:b");
  await userEvent.click(screen.getByRole("button", { name: "Try" }));
  expect((await screen.findByLabelText("What a log would hold")).textContent).toBe("to [redacted]");
  await userEvent.click(screen.getByRole("button", { name: "Save rules" }));
  await screen.findByText("Settings saved");
  const rules = [
    { kind: "field", match: "email" },
    { kind: "pattern", match: "a:b" },
    { kind: "field", match: "ssn" },
  ];
  expect(sent.map((s) => JSON.parse(s.body))).toEqual([{ rules, text: "to a:b" }, { log_redactions: rules }]);
  expect(saved).toHaveBeenCalledOnce();
});
