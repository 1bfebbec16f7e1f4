import { expect, test } from "vitest";
import { ApiError } from "@/api/client";
import { concerns } from "./form";

test("a refusal concerns the field that the API names, and what it is within", () => {
  const of = (field: unknown) => new ApiError("No.", 400, "invalid", { field });
  expect(concerns(of("domain"), "domain")).toBe(true);
  expect(concerns(of("rate.per_second"), "rate")).toBe(true);
  expect(concerns(of("url"), "addresses url")).toBe(true);
  expect(concerns(of("rates"), "rate")).toBe(false);
  expect(concerns(of("rate"), "rate.per_second")).toBe(false);
  expect(concerns(of(undefined), "rate")).toBe(false);
  expect(concerns(new Error("No."), "rate")).toBe(false);
});
