import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { ApiError } from "@/api/client";
import { Async } from "./Async";

const base = { data: undefined as string | undefined, error: null as Error | null, isPending: false, refetch: vi.fn() };
const refused = new ApiError("There is no such run.", 404, "not_found", { request_id: "req_7", run_id: "run_1" });

it("shows that it waits", () => {
  render(<Async query={{ ...base, isPending: true }}>{(d) => <p>{d}</p>}</Async>);
  expect(screen.getByRole("status").getAttribute("aria-busy")).toBe("true");
  expect(screen.queryByRole("alert")).toBeNull();
});

it("shows the API's sentence with the request id and tries again", async () => {
  const refetch = vi.fn();
  render(<Async query={{ ...base, error: refused, refetch }}>{(d) => <p>{d}</p>}</Async>);
  const alert = screen.getByRole("alert");
  expect(alert.textContent).toContain("There is no such run.");
  expect(alert.textContent).toContain("req_7");
  expect(alert.textContent).toContain("run_id: run_1");
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(refetch).toHaveBeenCalledTimes(1);
});

it("shows the data, also when it is empty text", () => {
  render(<Async query={{ ...base, data: "" }}>{(d) => <p>got [{d}]</p>}</Async>);
  expect(screen.getByText("got []")).toBeTruthy();
  expect(screen.queryByRole("status")).toBeNull();
});

it("keeps the data when a refresh fails, and says so", () => {
  render(<Async query={{ ...base, data: "old", error: refused }}>{(d) => <p>{d}</p>}</Async>);
  expect(screen.getByText("old")).toBeTruthy();
  expect(screen.getByRole("alert").textContent).toContain("There is no such run.");
});
