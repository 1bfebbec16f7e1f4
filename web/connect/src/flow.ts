// What happens, whatever it looks like: the screens show `screen`, and call.
import { Api, asked, begin, Refused, type Asked, type Begin } from "./api.ts";
import type { Account, Page, Plan, Problem, Standing } from "./contract.ts";
import { errorURL, goOut, opener, successURL, tellOutside, tellProblem } from "./outside.ts";
import { Popup } from "./popup.ts";
import { inWords } from "./problems.ts";
import { Record } from "./record.ts";
import { before, entrance, type Screen } from "./screen.ts";
import { Watch } from "./watch.ts";
import { arrived, leave, takesWindow } from "./ways.ts";

/** How long the outcome is shown before the page goes away by itself. */
const linger = 2600;

export class Flow {
  page: Page;
  screen: Screen = { at: "loading" };
  asked: Asked;
  powers: string[] | null = null; // that the user left on; null = all
  home: "connect" | "accounts";
  readonly api: Api;
  readonly record: Record;
  private readonly moved: () => void;
  private before = ""; // the flow of an earlier try, which says nothing of this one
  private watch: Watch | undefined;
  private readonly popup: Popup;
  private body: Begin | undefined; // of the try that is under way
  private flowID = "";
  private leaving: ReturnType<typeof setTimeout> | undefined;
  private over = false; // the outcome was told

  constructor(page: Page, query: URLSearchParams, moved: () => void) {
    this.page = page;
    this.api = new Api(query, page.session);
    this.asked = asked(query);
    this.home = page.view;
    this.moved = moved;
    this.record = new Record(this.api.steps);
    this.popup = new Popup((m) => {
      if (this.screen.at !== "wait") return;
      this.flowID = m.flow ?? "";
      if (this.before === this.flowID) this.before = ""; // the answer of open() was slower than the window
      if (m.error) this.refused(this.api.refusal(m.status ?? 0, m.error), this.screen.plan);
    });
    window.addEventListener("pageshow", (e) => { if (e.persisted && this.screen.at === "wait") this.back(); });
  }

  show(screen: Screen) {
    const other = screen.at !== this.screen.at;
    this.screen = screen;
    if (other) this.record.add("shown", screen.at, screen.at === "problem" ? screen.problem.code : undefined);
    this.moved();
  }

  /** Shows what the page came with, or goes on where this tab left for the provider. */
  async open() {
    const { page } = this, away = arrived();
    if (!away && page.problem) return this.enter();
    if (!away) this.enter();
    const s = await this.api.status().catch(() => null);
    const at = s && s.status !== "none" ? s.flow : "";
    if (away && s && at === away.flow && s.status !== "open") {
      this.asked.app ||= page.plan?.app.slug ?? "";
      if (s.status === "testing") this.follow();
      return this.heard(s);
    }
    if (!this.body || s?.status !== "open") this.before = at; // else the user was faster, and it may be theirs
    if (away) this.enter();
  }

  private enter() {
    const { page } = this;
    if (page.problem) return this.fail(page.problem);
    if (page.view === "accounts") return this.show({ at: "accounts", said: "" });
    this.show(page.plan ? entrance(page.plan) : { at: "pick" });
  }

  get plan(): Plan | null {
    return "plan" in this.screen ? this.screen.plan : this.page.plan;
  }

  // Choosing.

  async choose(change: Partial<Asked>) {
    this.asked = { ...this.asked, ...change };
    this.powers = null;
    if (change.auth) this.record.add("method", this.screen.at, change.auth);
    else this.record.add("picked", this.screen.at, change.app);
    await this.attempt(async () => {
      this.page.plan = await this.api.plan(this.asked);
      this.show(entrance(this.page.plan));
    });
  }

  /** Where the way back leads, if somewhere. */
  get earlier(): Screen | null {
    const q = asked(this.api.query);
    return before(this.screen, this.plan, { app: q.app !== "" || this.page.reconnect !== null, auth: q.auth !== "" });
  }

  /** Back to what can be chosen: from a form to its explanation, from there to the ways or the apps. */
  back() {
    const to = this.earlier;
    this.rest();
    this.show(to ?? (this.plan ? entrance(this.plan) : { at: "pick" }));
  }

  // Connecting.

  /** The user agrees. Called in their click, for that is when a window may open. */
  agree(fields: { [name: string]: string } | null, powers: string[] | null) {
    const { plan } = this;
    if (!plan?.method) return;
    this.powers = powers;
    if (!fields && plan.fields.length) return this.show({ at: "input", plan, error: "" });
    this.asked = { ...this.asked, app: plan.app.slug, auth: plan.method.id };
    this.body = { ...begin(this.asked, fields ?? {}, powers), same_tab: this.page.link, state: this.page.state ?? "" };
    if (plan.method.kind !== "oauth") void this.send(plan);
    else if (takesWindow()) this.away(plan);
    else void this.travel(plan);
  }

  private async send(plan: Plan) {
    const { same_tab: _, state: _s, profile: _p, powers: _w, ...body } = this.body!;
    this.show({ at: "verify", app: plan.app.name, keys: true });
    try {
      const s = await this.api.keys(body);
      if (s.status === "failed" && s.problem.cause === "input") {
        tellProblem(this.page, s.problem);
        return this.show({ at: "input", plan, error: this.inWords(s.problem), field: s.problem.field });
      }
      this.heard(s);
    } catch (e) {
      this.refused(e, plan);
    }
  }

  /** Opens the window, or what there is instead of it. */
  away(plan: Plan) {
    if (this.body) this.popup.prepare(this.body, this.page.session);
    const opened = this.popup.open(this.windowAddress());
    this.record.add(opened ? "popup_opened" : "popup_blocked", this.screen.at);
    this.show({ at: "wait", plan, how: opened ? "window" : "blocked", closed: false });
    this.follow();
  }

  windowAddress(change: { [name: string]: string } = { window: "1" }) {
    const q = new URLSearchParams(this.api.query);
    for (const [k, v] of Object.entries({ app: this.asked.app, auth: this.asked.auth, ...change })) q.set(k, v);
    return `${location.pathname}?${q}`;
  }

  /** Goes to the provider with this very tab. */
  private async travel(plan: Plan) {
    this.show({ at: "wait", plan, how: "tab", closed: false });
    try {
      const { flow, url } = await this.api.start(this.body!);
      const q = new URLSearchParams(this.api.query);
      q.set("app", this.asked.app);
      leave({ flow, query: q.toString() });
      this.record.flush();
      location.assign(url);
    } catch (e) {
      this.refused(e, plan);
    }
  }

  private follow() {
    this.watch?.stop();
    this.watch = new Watch(this.api.status, (s) => this.heard(s), (r) => this.fail(r.problem));
  }

  private rest() {
    this.watch?.stop();
    this.watch = undefined;
  }

  private heard(s: Standing) {
    if (s.status === "none" || (s.flow === this.before && s.status !== "testing" && s.status !== "asking")) return this.lookAtWindow();
    this.flowID = s.flow;
    switch (s.status) {
      case "open": return this.lookAtWindow();
      case "testing": return this.show({ at: "verify", app: this.plan?.app.name ?? "", keys: false });
      case "asking":
        this.rest();
        return this.show({ at: "question", question: s.question, flow: s.flow });
      case "succeeded": return this.succeed(s.account);
      case "failed": return this.fail(s.problem);
    }
  }

  /** A window that looks closed may only be cut off by the provider (COOP), so this is a hint and no end. */
  private lookAtWindow() {
    const { screen } = this;
    if (screen.at !== "wait" || screen.closed || !this.popup.gone) return;
    this.record.add("popup_closed", "wait");
    this.show({ ...screen, closed: true });
  }

  // Ending.

  private succeed(account: Account) {
    this.rest();
    this.before = this.flowID;
    if (!this.over) tellOutside(this.page, { type: "success", authProvisionId: account.id });
    this.over = true;
    this.popup.close();
    this.show({ at: "done", account });
    if (this.home === "connect" && (opener(this.page) || successURL(this.page, account.id))) this.leaving = setTimeout(() => this.finish(), linger);
  }

  private fail(problem: Problem) {
    this.rest();
    this.before = this.flowID || this.before;
    tellProblem(this.page, problem);
    this.show({ at: "problem", problem });
  }

  /** The user is at something: nothing goes away under their hands. */
  stay() {
    clearTimeout(this.leaving);
  }

  /** The user is done with the outcome. */
  finish() {
    this.stay();
    if (this.home === "accounts") return this.show({ at: "accounts", said: "" });
    goOut(this.page, this.screen.at === "done" ? successURL(this.page, this.screen.account.id) : null);
  }

  /** The user gives the whole thing up. */
  close() {
    this.record.add("closed", this.screen.at);
    this.record.flush();
    if (!this.over && this.screen.at !== "problem" && this.home === "connect") void this.api.cancel().catch(() => undefined);
    this.rest();
    this.stay();
    goOut(this.page, this.over ? null : errorURL(this.page, { code: "user_cancelled", message: "The user gave up connecting the account." }));
  }

  /** The user gives this try up. */
  abandon() {
    this.popup.close();
    if (this.flowID) void this.api.abandon(this.flowID).catch(() => undefined);
    this.before = this.flowID || this.before;
    this.back();
  }

  retry() {
    this.record.add("retried", this.screen.at);
    this.over = false;
    if (this.plan) return this.show(entrance(this.plan));
    void this.attempt(async () => this.load(await this.api.page({})));
  }

  /** Takes up another page of the same token, such as another account to connect again. */
  load(page: Page) {
    this.page = { ...page, view: this.page.view };
    this.over = false;
    this.before ||= this.flowID;
    this.show(page.problem ? { at: "problem", problem: page.problem } : page.plan ? entrance(page.plan) : { at: "pick" });
  }

  async connectAgain(a: Account | null) {
    const change = { app: a?.app.slug ?? "", accountId: a?.id ?? "", auth: "" };
    Object.assign(this.asked, change);
    await this.attempt(async () => this.load(await this.api.page({ view: null, app: change.app || null, accountId: change.accountId || null, auth: null })));
  }

  async answer(body: object) {
    if (this.screen.at !== "question") return;
    const { flow } = this.screen;
    this.show({ at: "verify", app: this.plan?.app.name ?? "", keys: false });
    await this.attempt(async () => {
      const s = await this.api.answer(flow, body);
      if (s) this.heard(s);
      if (this.screen.at === "verify") this.follow();
    });
  }

  /** Does something and shows why it could not be done. */
  async attempt(fn: () => Promise<void>) {
    try {
      await fn();
    } catch (e) {
      this.refused(e, null);
    }
  }

  private refused(e: unknown, plan: Plan | null) {
    if (!(e instanceof Refused)) throw e;
    if (plan && e.problem.cause === "input" && plan.fields.length) {
      this.rest();
      return this.show({ at: "input", plan, error: this.inWords(e.problem), field: e.problem.field });
    }
    this.fail(e.problem);
  }

  private inWords = (p: Problem) => inWords(p, { app: this.plan?.app.name ?? "", product: this.page.brand.product });
}
