import { expect, it } from "vitest";
import { allRows, cell, csv, flat } from "./csv";
import { firstView, searchOf, searchText, shownView, viewsOf } from "./views";

it("lets no cell be run by a spreadsheet, and no number become text", () => {
  expect(["=1+1", "+49 30", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "a=b", "", -5, true, null, undefined].map(cell)).toEqual([
    "'=1+1", "'+49 30", "'-2+3", "'@SUM(A1)", `"'\t=1"`.replaceAll('"', ""), `"'\r=1"`, "' =1", "'＝1", "a=b", "", "-5", "true", "", "",
  ]);
  expect(cell('say "hi", now')).toBe('"say ""hi"", now"');
  expect(cell("two\nlines")).toBe('"two\nlines"');
  expect(cell(" space ")).toBe('" space "');
});

it("has a column for each value of any row, and a line for each row", () => {
  expect(flat({ id: 1, app: { name: "Slack", auth: { type: "oauth" } }, tags: ["a"] })).toEqual({ id: 1, "app.name": "Slack", "app.auth": { type: "oauth" }, tags: ["a"] });
  expect(csv([{ id: "a", n: 1 }, { id: "b", more: [1, "x"], o: { k: "=x" } }])).toBe(`id,n,more,o.k\r\na,1,,\r\nb,,"[1,""x""]",'=x\r\n`);
});

const pages = (sizes: number[]) => {
  const asked: (number | undefined)[] = [];
  const total = sizes.reduce((a, b) => a + b, 0);
  const fetchPage = (after: string | undefined, limit?: number) => {
    asked.push(limit);
    const n = after === undefined ? 0 : Number(after) + 1;
    return Promise.resolve({ data: Array.from({ length: sizes[n] ?? 0 }, (_, i) => ({ n, i })), page_info: { total_count: total, count: sizes[n] ?? 0, start_cursor: null, end_cursor: n + 1 < sizes.length ? String(n) : null } });
  };
  return { asked, fetchPage };
};

it("goes through all pages and tells how far it is", async () => {
  const { asked, fetchPage } = pages([500, 500, 3]);
  const told: string[] = [];
  const got = await allRows(fetchPage, (rows, of) => told.push(`${rows}/${of}`) > 0);
  expect(got?.rows).toHaveLength(1_003);
  expect(got?.whole).toBe(true);
  expect(told).toEqual(["500/1003", "1000/1003", "1003/1003"]);
  expect(asked).toEqual([500, 500, 500]);
});

it("stops when it is told to, at the most there may be, and at a cursor that leads nowhere", async () => {
  const stopped = pages([500, 500]);
  expect(await allRows(stopped.fetchPage, () => false)).toBeNull();
  expect(stopped.asked).toHaveLength(1);
  const much = await allRows(pages([500, 500, 500]).fetchPage, () => true, 700);
  expect([much?.rows.length, much?.whole]).toEqual([700, false]);
  const round = await allRows(() => Promise.resolve({ data: [1], page_info: { total_count: 0, count: 1, start_cursor: null, end_cursor: "x" } }), () => true);
  expect(round?.rows).toEqual([1, 1]);
});

const view = (name: string, search: string, first = false) => ({ list: "runs", name, search, default: first });

it("knows a view by its filters, in whatever order they are", () => {
  const views = viewsOf([view("Today", "period=day"), view("Failed", "status=failed&user=ada", true), { ...view("x", ""), list: "users" }, {} as never], "runs");
  expect(views.map((v) => v.name)).toEqual(["Failed", "Today"]);
  expect(shownView(views, { user: "ada", status: "failed", none: undefined })?.name).toBe("Failed");
  expect(shownView(views, { user: "ada" })).toBeUndefined();
  expect(searchText({ b: "2 &", a: "1", view: "all", c: "" })).toBe("a=1&b=2+%26");
  expect(searchOf("a=1&b=2+%26")).toEqual({ a: "1", b: "2 &" });
});

it("begins with the default view only where the address asks for nothing", () => {
  const views = [view("Failed", "status=failed", true)];
  expect(firstView(views, {})?.name).toBe("Failed");
  expect(firstView(views, { view: "all" })).toBeUndefined();
  expect(firstView(views, { user: "ada" })).toBeUndefined();
  expect(firstView([view("Failed", "status=failed")], {})).toBeUndefined();
});
