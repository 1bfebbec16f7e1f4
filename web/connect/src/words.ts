import type { ComponentChildren, VNode } from "preact";
import { Fragment, h } from "preact";

export type Words = Record<string, string>;
type Values = Record<string, string | number>;

let words: Words = {};
let language = "en";

/** Takes the words that the page came with. */
export function speak(locale: string, of: Words) {
  words = of;
  language = locale;
}

export const has = (key: string) => key in words;

/** A sentence with its {names} filled in. A key without words shows itself, so that it is noticed. */
export function say(key: string, values: Values = {}): string {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** The same with elements in place of {names}. Names of people and products keep their own direction. */
export function tell(key: string, values: Record<string, ComponentChildren>): VNode {
  const parts = (words[key] ?? key).split(/(\{\w+\})/);
  return h(Fragment, null, ...parts.map((p) => {
    const v = /^\{\w+\}$/.test(p) ? values[p.slice(1, -1)] : undefined;
    if (v === undefined) return p;
    return typeof v === "string" || typeof v === "number" ? h("bdi", null, v) : v;
  }));
}

export const day = (iso: string) => new Intl.DateTimeFormat(language, { dateStyle: "long" }).format(new Date(iso));
