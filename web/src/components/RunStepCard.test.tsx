import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import type { RunStep } from "@/api/types";
import { RunStepCard } from "./RunStepCard";

const step: RunStep = { path: "send", name: "send", type: "http_request", status: "succeeded", attempts: 1, wake_at: null, input: {}, output: null, error: null, account_id: null, started_at: "2026-05-01T12:00:00Z", finished_at: "2026-05-01T12:00:01Z", duration_ms: 1000 };

test("an output that is too large is a link to it", () => {
  const large = { url: "https://patchbay.test/payloads/x", size: 3 << 20, sha256: "00", content_type: "application/json", expires_at: "2026-05-02T12:00:00Z" };
  render(<RunStepCard step={{ ...step, output_reference: large }} />);
  expect(screen.getByRole("link", { name: "Download it" }).getAttribute("href")).toBe(large.url);
  expect(screen.getByText(/3,072 KiB/)).toBeTruthy();
});

test("a step that brought nothing has no output", () => {
  render(<RunStepCard step={step} />);
  expect(screen.queryByText("Output")).toBeNull();
});
