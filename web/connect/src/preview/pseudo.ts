import type { Words } from "../words.ts";

const accents: { [c: string]: string } = { a: "á", e: "é", i: "í", o: "ö", u: "ü", c: "ç", n: "ñ", s: "š", A: "Å", E: "É", O: "Ø", U: "Ü" };

/** A language of nobody: a third longer, accented, written from right to left. What it leaves readable was not external. */
export const pseudo = (words: Words): Words =>
  Object.fromEntries(Object.entries(words).map(([key, text]) => {
    const said = text.replace(/\{\w+\}|[a-zA-Z]/g, (c) => accents[c] ?? c);
    return [key, `\u2067[${said}${" ~".repeat(Math.ceil(text.length / 6))}]\u2069`];
  }));
