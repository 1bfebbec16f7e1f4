import { expect, it } from "vitest";
import type { RunStep } from "@/api/types";
import { runRows, runTree, statusOf } from "./runTree";

const step = (path: string, at: number, status: RunStep["status"] = "succeeded") => ({ path, name: path.split("/").at(-1)!, status, started_at: new Date(at).toISOString() }) as RunStep;
const drawn = (steps: RunStep[], open: string[] = []) => runRows(runTree(steps), new Set(open)).map((r) => `${"  ".repeat(r.depth)}${r.node.label}`);

it("draws items and branches below their block", () => {
  const all = [step("get", 1), step("each", 2), step("each[1]/send", 4, "failed"), step("each[0]/send", 3), step("both/right/b", 6), step("both", 5), step("both/left/a", 7)];
  expect(drawn(all)).toEqual(["get", "each", "  item 0", "    send", "  item 1", "    send", "both", "  right", "    b", "  left", "    a"]);
  expect(statusOf(runTree(all)[1]!.children[1]!)).toBe("failed");
});

it("folds many items away, but for those that failed", () => {
  const all = [step("each", 1), ...Array.from({ length: 500 }, (_, i) => step(`each[${i}]/send`, 2, i === 77 ? "failed" : "succeeded"))];
  const rows = runRows(runTree(all), new Set());
  expect(rows.map((r) => r.node.label)).toEqual(["each", "item 77", "send"]);
  expect(rows[0]?.folded).toEqual({ count: 499, failed: 1 });
  expect(drawn(all, ["each"])).toHaveLength(1001);
});

it("takes a step that ran before its block was written for what it is", () => {
  expect(drawn([step("choose/yes", 2)])).toEqual(["choose", "  yes"]);
});
