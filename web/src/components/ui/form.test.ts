import { expect, test } from "vitest";
import { ApiError } from "@/api/client";
import { fieldOf } from "./form";

test("a refusal is shown at the field that the API names, or that its code speaks of", () => {
  const fields = { name: ["project_name"], domain: [] };
  expect(fieldOf(new ApiError("No.", 400, "invalid", { field: "domain" }), fields)).toBe("domain");
  expect(fieldOf(new ApiError("No.", 400, "project_name"), fields)).toBe("name");
  expect(fieldOf(new ApiError("No.", 400, "other", { field: "colour" }), fields)).toBeUndefined();
  expect(fieldOf(new Error("No."), fields)).toBeUndefined();
});
