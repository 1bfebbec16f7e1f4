import type { Brand, BrandPalette, BrandSettings } from "@/api/types";

export type Mode = "light" | "dark";
export const colourNames = ["accent", "background", "surface", "text"] as const;
export type ColourName = (typeof colourNames)[number];

/** What the connect page shows where a brand sets no colour; web/connect/src/styles/theme.css has them. */
export const pageColours: Record<Mode, Record<ColourName, string>> = {
  light: { accent: "#3446c9", background: "#eef0f5", surface: "#ffffff", text: "#14171f" },
  dark: { accent: "#98a4ff", background: "#0f1218", surface: "#1b1f29", text: "#eef1f7" },
};

export const locales = { en: "English", de: "Deutsch", es: "Español", fr: "Français", ja: "日本語" } as const;
export type Locale = keyof typeof locales;

export const modes = [{ value: "auto", label: "As the user’s device" }, { value: "light", label: "Always light" }, { value: "dark", label: "Always dark" }];
export const fonts = [
  { value: "system", label: "System" },
  { value: "rounded", label: "Rounded" },
  { value: "serif", label: "Serif" },
  { value: "mono", label: "Monospaced" },
  { value: "custom", label: "Your own font" },
];

/** The settings in one form: nothing empty is in them, so that two that say the same are the same. */
export function tidy(s: BrandSettings): BrandSettings {
  const text = (v: string | null | undefined) => v?.trim() || null;
  const palette = (p: BrandPalette | undefined) => Object.fromEntries(colourNames.map((n) => [n, text(p?.[n])?.toLowerCase() ?? null]));
  const texts: Record<string, Record<string, string>> = {};
  for (const locale of Object.keys(s.texts ?? {}).sort()) {
    const own = Object.entries(s.texts?.[locale] ?? {}).filter(([, words]) => words.trim()).sort(([a], [b]) => (a < b ? -1 : 1));
    if (own.length > 0) texts[locale] = Object.fromEntries(own);
  }
  return {
    product: text(s.product), mode: s.mode ?? null, light: palette(s.light), dark: palette(s.dark), radius: s.radius ?? null, font: s.font ?? null, texts,
    support_email: text(s.support_email), support_url: text(s.support_url), privacy_url: text(s.privacy_url), terms_url: text(s.terms_url),
  };
}

export const same = (a: BrandSettings, b: BrandSettings) => JSON.stringify(tidy(a)) === JSON.stringify(tidy(b));

/** What is wrong with single fields, before the server is asked. It has the last word. */
export function problems(s: BrandSettings): Record<string, string> {
  const out: Record<string, string> = {};
  for (const mode of ["light", "dark"] as const) {
    for (const name of colourNames) {
      const v = s[mode]?.[name]?.trim();
      if (v && !/^#[0-9a-f]{6}$/i.test(v)) out[`${mode}.${name}`] = "A colour is written like #1a2b3c.";
    }
  }
  for (const name of ["support_url", "privacy_url", "terms_url"] as const) {
    const v = s[name]?.trim();
    if (v && !/^https:\/\/[^\s@]+$/.test(v)) out[name] = "An address begins with https://";
  }
  const mail = s.support_email?.trim();
  if (mail && !/^\S+@\S+\.\S+$/.test(mail)) out.support_email = "An e-mail address looks like help@example.com.";
  return out;
}

/** The slots of a text that its original does not have: nobody fills them in. */
export function unfilled(own: string, original: string): string[] {
  return (own.match(/\{[^{}]*\}/g) ?? []).filter((slot) => !original.includes(slot));
}

/** The screens of the preview by what they are about, as their ids begin. */
const titles: [string, string[]][] = [
  ["Choosing", ["loading", "pick", "methods"]],
  ["Connecting", ["explain", "input", "wait", "leaving", "verify", "reconnect"]],
  ["Questions", ["choice", "scopes", "identity"]],
  ["Outcome", ["done", "asking", "expired", "problem"]],
  ["My connections", ["accounts"]],
];

const words: Record<string, string> = {
  pick: "Pick an app", methods: "Choose a way", explain: "Explain", "explain-development": "Explain, in development", "explain-none": "Explain, nothing to enter", input: "Details of the app",
  "input-keys": "Keys", "input-refused": "Keys, refused", wait: "Wait for the window", "wait-closed": "Wait, window closed", "wait-blocked": "Wait, window blocked", leaving: "Leaving in the same tab",
  verify: "Checking", reconnect: "Connect again", choice: "Choose one of several", scopes: "Not everything allowed", "scopes-required": "Not enough allowed", identity: "Another account", "identity-fixed": "Another account, refused",
  done: "Connected", "done-link": "Connected, by link", expired: "Link expired", "pick-empty": "Pick, nothing set up", accounts: "My connections", "accounts-empty": "My connections, none", loading: "Loading",
};

export function screenTitle(id: string): string {
  const [head = "", ...rest] = id.split("-");
  const [first = "", tail] = head === "problem" ? ["Problem", rest.join(" ")] : [head, rest.join(" ")];
  return words[id] ?? `${first.charAt(0).toUpperCase()}${first.slice(1)}${tail ? `: ${tail}` : ""}`;
}

export function screenGroups(ids: string[]): { label: string; ids: string[] }[] {
  const of = (id: string) => titles.findIndex(([, heads]) => heads.includes(id.split("-")[0] ?? ""));
  const groups = titles.map(([label], i) => ({ label, ids: ids.filter((id) => of(id) === i) }));
  const rest = ids.filter((id) => of(id) < 0);
  return [...groups, { label: "Other", ids: rest }].filter((g) => g.ids.length > 0);
}

/** What is shown on a small swatch: what the brand sets, or else the page's own. */
export const shownColour = (b: Pick<Brand, Mode>, mode: Mode, name: ColourName) => b[mode]?.[name] ?? pageColours[mode][name];
