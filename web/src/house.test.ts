import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(process.cwd(), "src");
const files = (dir: string): string[] => readdirSync(dir).flatMap((n) => (statSync(join(dir, n)).isDirectory() ? files(join(dir, n)) : [join(dir, n)]));
const sources = files(root).filter((f) => /\.tsx?$/.test(f) && !f.endsWith(".gen.ts"));

describe("the order of the house", () => {
  it("lets only main.tsx import the router, and nobody main.tsx", () => {
    const guilty = sources.filter((f) => /from "[^"]*\/(router|main)"/.test(readFileSync(f, "utf8")) && !f.endsWith("/main.tsx"));
    expect(guilty).toEqual([]);
  });
  it("lets no page import another page, and no component a page", () => {
    const guilty = sources.filter((f) => !f.endsWith("/router.tsx") && !f.includes(".test.") && /from "(@\/pages|\.\.?\/pages|\.\/\w+Page)/.test(readFileSync(f, "utf8")));
    expect(guilty).toEqual([]);
  });
  it("keeps files within 300 lines", () => {
    expect(sources.filter((f) => readFileSync(f, "utf8").split("\n").length > 301)).toEqual([]);
  });
});

describe("forms", () => {
  // Of a sign-in nobody is told which of the two is wrong; files show their problems in their lines; the others are no forms that are sent.
  const free = ["ui/form.tsx", "ui/field.tsx", "ui/select.tsx", "SignInPage.tsx", "NotificationPreview.tsx", "PlaygroundPage.tsx", "PrivateComponentPage.tsx", "AppFilePage.tsx"];
  const of = (test: RegExp) =>
    sources.filter((f) => f.endsWith(".tsx") && !f.includes(".test.") && !free.some((n) => f.endsWith(`/${n}`))).flatMap((f) => [...readFileSync(f, "utf8").matchAll(test)].map((m) => [f.slice(root.length + 1), m[0]] as const));
  it("are all such that the API's sentence stands at the field", () => {
    expect(of(/<form\b/g)).toEqual([]);
    const inFlow = /^components\/flow\/(?!TestDialog)/; // the editor, whose problems have places of their own
    const fields = of(/<(?:Field|SelectField|DefinitionEditor)\b[^>]*/g).filter(([f]) => !inFlow.test(f));
    expect(fields.length).toBeGreaterThan(100);
    expect(fields.filter(([, tag]) => !/\sname=/.test(tag))).toEqual([]);
  });
  it("call their fields what the API calls them", () => {
    const api = sources.filter((f) => f.includes("/src/api/")).map((f) => readFileSync(f, "utf8")).join("\n") + readFileSync(join(root, "api/schema.gen.ts"), "utf8");
    const names = of(/\sname="([^"{]+)"\s+label=|<Refused name="([^"]+)"/g).flatMap(([, tag]) => (/"([^"]+)"/.exec(tag)?.[1] ?? "").split(/[ .]/));
    expect(names.length).toBeGreaterThan(80);
    expect([...new Set(names)].filter((n) => !new RegExp(`\\b${n}\\b`).test(api))).toEqual([]);
  });
});

describe("who may only look", () => {
  it("is refused by the form itself, but for what is everybody's own", () => {
    const own = sources.filter((f) => f.endsWith(".tsx") && !f.includes(".test.") && /<(Form|Confirm)\s+own\b/.test(readFileSync(f, "utf8"))).map((f) => f.slice(root.length + 1));
    expect(own.sort()).toEqual(["components/list/Views.tsx", "components/members/OwnPart.tsx"]);
    const free = new Set([
      // They read, or lead elsewhere.
      ...["AppPicker", "Async", "Copy", "IntakeForm", "ListTable", "Packages", "ProjectMenu", "RecordedAnswers", "list/CsvButton", "versions/VersionsTab", "workspace/WorkspaceMenu"].map((n) => `components/${n}`),
      ...["AppsPage", "AuditPage", "DeadLettersPage", "ImportsPage", "UsagePage"].map((n) => `pages/${n}`),
      // What they do is everybody's own.
      ...["MemberActions", "SignInAgain", "account/FactorsCard", "list/Views"].map((n) => `components/${n}`), "pages/SignInPage",
      // Only who may do it is shown them, or has them switched on (ForManagers).
      "components/account/SignInRules", "components/members/InvitationsCard", "pages/SettingsPage",
    ]);
    const reads = /\bvoid (check\(\)|e\.target\.files)/; // a dry run keeps nothing; a file is read into a field
    const acting = (name: string, source: string) =>
      [...source.matchAll(/<(?:Button|MenuItem|Switch|Checkbox|button|input)\b((?:=>|[^>])*)>/g)].map((m) => m[1] ?? "")
        .filter((t) => /\bon(Click|Select|Change)=\{[^]*(\bvoid |\bawait |\.mutate\()/.test(t) && !reads.test(t) && !/^\s+acts\b/.test(t)).map((t) => `${name}: ${t.replace(/\s+/g, " ").slice(0, 120)}`);
    const unasked = sources.filter((f) => f.endsWith(".tsx") && !f.includes(".test.")).flatMap((f) => {
      const name = f.slice(root.length + 1, -".tsx".length);
      return free.has(name) ? [] : acting(name, readFileSync(f, "utf8"));
    });
    // It sees those that act, however they are written, and no others.
    const guilty = ["<Button onClick={() => void save()}>", "<Switch checked={on} onChange={(v) => change.mutate(v)} />", '<MenuItem\n  danger\n  onSelect={async () => {\n    await remove();\n  }}\n>'];
    expect(guilty.flatMap((s) => acting("it", s))).toHaveLength(3);
    expect(["<Button acts onClick={() => void save()}>", "<Button onClick={() => setOpen(true)}>", "<Button onClick={() => void check()}>"].flatMap((s) => acting("it", s))).toEqual([]);
    expect(unasked, "a button that acts by itself says so (acts), so that it is off for who may only look").toEqual([]);
    // One place says it of all pages within a project.
    expect(readFileSync(join(root, "components/Shell.tsx"), "utf8")).toMatch(/<LookOnly\.Provider[^>]*role === "viewer"[^]*<Outlet/);
  });
});

describe("colours", () => {
  const css = readFileSync(join(root, "styles.css"), "utf8");
  const theme = (selector: string) => {
    const block = css.slice(css.indexOf(selector)).split("}")[0] ?? "";
    return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map((m) => [m[1], m[2]])) as Record<string, string>;
  };
  const luminance = (hex: string) => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a: string, b: string) => {
    const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p) as [number, number];
    return (x + 0.05) / (y + 0.05);
  };
  const text: [string, string][] = [
    ...["text", "muted", "accent", "good", "warn", "bad", "info"].flatMap((c): [string, string][] => [[c, "surface"], [c, "bg"]]),
    ...["text", "muted", "accent"].map((c): [string, string] => [c, "sunken"]),
    ...["good", "warn", "bad", "info", "accent"].flatMap((c): [string, string][] => [[c, `${c}-soft`], ["text", `${c}-soft`], ["muted", `${c}-soft`]]),
    ...["fill", "fill-hover", "danger-fill", "production", "development"].map((c): [string, string] => ["on-fill", c]),
  ];
  for (const [name, selector] of [["light", ":root"], ["dark", '[data-theme="dark"] {']] as const) {
    const t = theme(selector);
    it.each(text)(`${name}: %s on %s can be read (4.5)`, (a, b) => expect(contrast(t[a]!, t[b]!)).toBeGreaterThanOrEqual(4.5));
    it(`${name}: what must be seen can be (3)`, () => {
      for (const c of ["line-strong", "accent"]) expect(contrast(t[c]!, t.surface!), c).toBeGreaterThanOrEqual(3);
    });
  }
});
