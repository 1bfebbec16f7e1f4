// A Firefox as it is installed, driven by WebDriver BiDi: Playwright drives only one of its own.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import WebSocket from "ws";
import { until } from "./stack.mjs";

/** Starts the Firefox at a path, with a profile of its own. */
export async function firefox(path) {
  const profile = mkdtempSync(join(tmpdir(), "patchbay-firefox-"));
  writeFileSync(join(profile, "user.js"), ["browser.shell.checkDefaultBrowser", "datareporting.policy.dataSubmissionEnabled", "app.update.enabled", "network.captive-portal-service.enabled", "network.connectivity-service.enabled"].map((k) => `user_pref("${k}", false);`).join("\n"));
  const child = spawn(path, ["--headless", "--no-remote", "--remote-debugging-port=0", "--profile", profile], { env: { ...process.env, HOME: profile, MOZ_CRASHREPORTER_DISABLE: "1" } });
  const ended = new Promise((ok) => child.once("exit", ok));
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (b) => (said += b));
  const at = await until("Firefox", () => /WebDriver BiDi listening on (ws:\S+)/.exec(said)?.[1]);
  const socket = new WebSocket(`${at}/session`);
  await new Promise((ok, no) => socket.once("open", ok).once("error", no));
  const waiting = new Map();
  let last = 0;
  socket.on("message", (raw) => {
    const m = JSON.parse(raw);
    waiting.get(m.id)?.(m);
    waiting.delete(m.id);
  });
  const send = async (method, params) => {
    const id = ++last;
    const answer = new Promise((ok) => waiting.set(id, ok));
    socket.send(JSON.stringify({ id, method, params }));
    const m = await answer;
    if (m.type === "error") throw new Error(`${method}: ${m.error}: ${m.message}`);
    return m.result;
  };
  await send("session.new", { capabilities: { alwaysMatch: { acceptInsecureCerts: true } } });
  return {
    send,
    /** A tab at an address. */
    async open(url) {
      const { context } = await send("browsingContext.create", { type: "tab" });
      await send("browsingContext.navigate", { context, url, wait: "complete" });
      return new Place(send, context);
    },
    /** The first tab, window or frame whose address fits. */
    find: (fits) => until(`a page that fits ${fits}`, async () => {
      const all = (list) => list.flatMap((c) => [c, ...all(c.children ?? [])]);
      const { contexts } = await send("browsingContext.getTree", {});
      const found = all(contexts).find((c) => fits(c.url));
      return found && new Place(send, found.context);
    }),
    /** Leaves one empty tab. */
    async empty() {
      const { context } = await send("browsingContext.create", { type: "tab" });
      const { contexts } = await send("browsingContext.getTree", { maxDepth: 0 });
      for (const c of contexts) if (c.context !== context) await send("browsingContext.close", { context: c.context });
    },
    async close() {
      child.kill();
      await ended;
      socket.terminate();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** A tab, a window or a frame. */
class Place {
  constructor(send, context) {
    Object.assign(this, { send, context });
  }

  /** What a function of the page returns, given texts; an element comes back as a reference. */
  async ask(f, ...texts) {
    const { result, exceptionDetails } = await this.send("script.callFunction", {
      functionDeclaration: String(f), target: { context: this.context }, awaitPromise: true, arguments: texts.map((value) => ({ type: "string", value })),
    });
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    return result;
  }

  /** Presses a button or a link with the mouse, as a user does: only that opens windows. */
  async press(name) {
    const element = await until(name, async () => {
      const e = await this.ask((n) => {
        const button = [...document.querySelectorAll("button, a[href]")].find((b) => b.textContent.trim() === n && b.getBoundingClientRect().width > 0);
        button?.scrollIntoView({ block: "center" });
        return button;
      }, name).catch(() => null);
      return e?.sharedId ? e : null;
    });
    const origin = { type: "element", element: { sharedId: element.sharedId } };
    const pressed = this.send("input.performActions", {
      context: this.context,
      actions: [{ type: "pointer", id: "mouse", actions: [{ type: "pointerMove", x: 0, y: 0, origin }, { type: "pointerDown", button: 0 }, { type: "pointerUp", button: 0 }] }],
    });
    // Drawn anew between the look and the press: nothing was pressed yet. A window that the press closes does not answer for it.
    await pressed.catch((e) => {
      if (/no such element|no such node|stale element/.test(e.message)) return this.press(name);
      if (!/no such frame|discarded/.test(e.message)) throw e;
    });
  }

  /** Waits until the page says something. */
  says = (text) => until(text, async () => (await this.ask((t) => document.body.innerText.includes(t), text).catch(() => null))?.value === true);
  text = async () => (await this.ask(() => document.body.innerText)).value;
  url = async () => (await this.ask(() => location.href)).value;
}
