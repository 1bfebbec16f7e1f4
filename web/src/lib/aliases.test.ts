import { expect, it } from "vitest";
import { mismatch, namedAccounts } from "./aliases";

const set = (alias: string, app: string) => ({ alias, account_id: "apn_1", account_name: null, app, external_user_id: "team", updated_at: "2026-01-01T00:00:00Z" });
const flows = [
  { id: "p_1", name: "Digest", draft: { accounts: { crm: { app: "acme" }, mail: { app: "gmail" } } } },
  { id: "p_2", name: "Refund", draft: { accounts: { crm: { app: "acme", description: "Where customers are" } } } },
  { id: "p_3", name: "Plain", draft: { steps: [] } },
];

it("puts first what workflows ask for and nobody has said", () => {
  const all = namedAccounts([set("old", "slack"), set("crm", "acme")], flows);
  expect(all.map((n) => [n.alias, n.app, n.about, Boolean(n.set), n.uses.map((u) => u.name)])).toEqual([
    ["mail", "gmail", "", false, ["Digest"]],
    ["crm", "acme", "Where customers are", true, ["Digest", "Refund"]],
    ["old", "slack", "", true, []],
  ]);
});

it("finds an account of another app than is asked for", () => {
  const of = (app: string) => namedAccounts([set("crm", app)], flows).find((n) => n.alias === "crm")!;
  expect(mismatch(of("slack"), flows)).toBe("acme");
  expect(mismatch(of("acme"), flows)).toBeUndefined();
  expect(mismatch(namedAccounts([], flows)[0]!, flows)).toBeUndefined();
});
