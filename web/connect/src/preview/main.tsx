// preview.html?screen=&locale=&mode=&frame=: any screen in any state, for the
// console's branding page and for the tests. A page of our own origin around it
// may send {type: "patchbay-preview", brand?, screen?, locale?, mode?}.
import { render } from "preact";
import { Card } from "../card.tsx";
import type { Brand } from "../contract.ts";
import { Flow } from "../flow.ts";
import "../styles/page.css";
import { wear } from "../theme.ts";
import { speak, type Words } from "../words.ts";
import { pseudo } from "./pseudo.ts";
import { states, type State } from "./states.ts";

const locales = import.meta.glob<Words>("../../locales/*.json", { import: "default" });

interface Shown { screen: string; locale: string; mode: Brand["mode"] | ""; frame: boolean; brand: Brand | null }

const query = new URLSearchParams(location.search);
const shown: Shown = { screen: query.get("screen") ?? "explain", locale: query.get("locale") ?? "en", mode: (query.get("mode") ?? "") as Shown["mode"], frame: query.get("frame") === "true", brand: null };
const card = document.querySelector("main")!;

/** A flow that leads nowhere. */
class Still extends Flow {
  constructor(state: State, moved: () => void) {
    super(state.page, new URLSearchParams(), moved);
    this.screen = state.screen;
    const answer = (path: string): unknown => {
      if (path.startsWith("/connect/apps")) return state.apps;
      if (path.startsWith("/connect/accounts")) return { data: state.accounts ?? [] };
      return new Promise(() => undefined);
    };
    this.api.call = <T,>(_way: unknown, path: string) => Promise.resolve(answer(path) as T);
  }
  override agree() {}
  override async choose() {}
  override away() {}
  override finish() {}
  override close() {}
  override async connectAgain() {}
}

async function draw() {
  const state = (states[shown.screen] ?? states.explain!)(), { locale } = shown;
  const words = locale === "test" ? pseudo(await locales["../../locales/en.json"]!()) : await (locales[`../../locales/${locale}.json`] ?? locales["../../locales/en.json"]!)();
  if (shown.brand) state.page.brand = shown.brand;
  if (shown.frame) state.page.link = false;
  const own = state.page.brand.texts[locale as keyof Brand["texts"]] ?? {};
  speak(locale === "test" ? "en" : locale, { ...words, ...Object.fromEntries(Object.entries(own).filter(([key, text]) => key in words && text)) });
  Object.assign(document.documentElement, { lang: locale === "test" ? "ar" : locale, dir: locale === "test" ? "rtl" : "ltr" });
  document.body.className = shown.frame ? "over" : "whole";
  wear(state.page.brand, shown.mode || state.page.brand.mode);
  render(null, card);
  const flow: Flow = new Still(state, () => render(<Card flow={flow} />, card));
  render(<Card flow={flow} />, card);
  document.body.dataset.ready = "true";
}

document.addEventListener("click", (e) => { if ((e.target as Element).closest("a")) e.preventDefault(); }, true);
window.addEventListener("message", (e) => {
  if (e.origin !== location.origin || (e.data as { type?: string } | null)?.type !== "patchbay-preview") return;
  const { type: _, ...change } = e.data as { type: string } & Partial<Shown>;
  Object.assign(shown, change);
  void draw();
});
void draw();
Object.assign(window, { patchbayScreens: Object.keys(states) });
if (parent !== window) parent.postMessage({ type: "patchbay-preview-ready", screens: Object.keys(states) }, location.origin);
