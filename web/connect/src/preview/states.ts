// Every screen in every state, from the fixtures that the server's test reads, too.
import type { Account, AppList, Page, Problem, Standing } from "../contract.ts";
import type { Screen } from "../screen.ts";

const files = import.meta.glob<unknown>("../../fixtures/*.json", { eager: true, import: "default" });

/** A fixture, afresh. Each is checked against contract.ts by fixtures.test.ts. */
export function fixture<T>(name: string): T {
  const found = files[`../../fixtures/${name}.json`];
  if (!found) throw new Error(`there is no fixture ${name}`);
  return structuredClone(found) as T;
}

export interface State {
  page: Page;
  screen: Screen;
  apps?: AppList;
  accounts?: Account[];
}

const page = (name: string) => fixture<Page>(`page-${name}`);
const on = (name: string, screen: (p: Page) => Screen, more: Partial<State> = {}) => () => {
  const p = page(name);
  return { page: p, screen: screen(p), ...more };
};
const standing = <S extends Standing["status"]>(name: string) => fixture<Extract<Standing, { status: S }>>(`standing-${name}`);
const problem = (name: string) => on("methods", () => ({ at: "problem", problem: standing<"failed">(`failed-${name}`).problem as Problem }));
const asking = (name: string, of = "explain") => on(of, () => ({ at: "question", flow: "flow_1", question: standing<"asking">(`asking-${name}`).question }));

export const states: { [id: string]: () => State } = {
  loading: on("explain", () => ({ at: "loading" })),
  expired: on("expired", (p) => ({ at: "problem", problem: p.problem! })),
  pick: on("pick", () => ({ at: "pick" }), { apps: fixture("app_list") }),
  "pick-empty": on("pick", () => ({ at: "pick" }), { apps: fixture("app_list-empty") }),
  methods: on("methods", (p) => ({ at: "methods", plan: p.plan! })),
  explain: on("explain", (p) => ({ at: "explain", plan: p.plan! })),
  "explain-development": on("development", (p) => ({ at: "explain", plan: p.plan! })),
  "explain-none": on("none", (p) => ({ at: "explain", plan: p.plan! })),
  input: on("input", (p) => ({ at: "input", plan: p.plan!, error: "" })),
  "input-keys": on("keys", (p) => ({ at: "input", plan: p.plan!, error: "" })),
  "input-refused": on("keys", (p) => ({ at: "input", plan: p.plan!, error: standing<"failed">("failed-input").problem.message })),
  wait: on("explain", (p) => ({ at: "wait", plan: p.plan!, how: "window", closed: false })),
  "wait-closed": on("explain", (p) => ({ at: "wait", plan: p.plan!, how: "window", closed: true })),
  "wait-blocked": on("redirects", (p) => ({ at: "wait", plan: p.plan!, how: "blocked", closed: false })),
  leaving: on("explain", (p) => ({ at: "wait", plan: p.plan!, how: "tab", closed: false })),
  verify: on("explain", () => ({ at: "verify", app: "Slack", keys: false })),
  choice: asking("choice"),
  scopes: asking("scopes"),
  "scopes-required": asking("scopes-required"),
  identity: asking("identity"),
  "identity-fixed": asking("identity-fixed"),
  done: on("frame", () => ({ at: "done", account: standing<"succeeded">("succeeded").account })),
  "done-link": on("explain", () => ({ at: "done", account: standing<"succeeded">("succeeded").account })),
  "problem-setup": problem("setup"),
  "problem-denied": problem("denied"),
  "problem-provider": problem("provider"),
  "problem-input": problem("input"),
  "problem-gone": problem("gone"),
  "problem-limit": problem("limit"),
  "problem-cancelled": problem("cancelled"),
  "problem-trouble": problem("trouble"),
  reconnect: on("reconnect", (p) => ({ at: "explain", plan: p.plan! })),
  accounts: on("accounts", () => ({ at: "accounts", said: "" }), { accounts: fixture<{ data: Account[] }>("account_list").data }),
  "accounts-empty": on("accounts", () => ({ at: "accounts", said: "" }), { accounts: [] }),
};
