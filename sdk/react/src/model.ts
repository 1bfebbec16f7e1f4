// What a form knows about props, without a screen.
import type { ConfigurableProp, ConfiguredOptions, ConfiguredProps, Observation, PropOption, ReloadedProps } from "@patchbay/browser";
import type { Labels } from "./labels.js";

export interface Choice {
  label: string;
  value: unknown;
}

/** Props that the user is not asked for: the server provides what they stand for. */
const silent = new Set(["$.service.db", "$.interface.http", "$.interface.apphook", "dir"]);

export const shown = (p: ConfigurableProp): boolean => !p.hidden && !silent.has(p.type) && !(p.type === "$.interface.timer" && p.static);

export function defaults(props: ConfigurableProp[]): ConfiguredProps {
  const out: ConfiguredProps = {};
  for (const p of props) {
    if (p.type === "$.interface.timer" && p.static) out[p.name] = p.static;
    else if ("default" in p && p.default !== null && p.default !== undefined) out[p.name] = p.default;
    else if (p.type === "boolean" && !p.optional) out[p.name] = false;
  }
  return out;
}

const object = (v: unknown): Record<string, unknown> => (v && typeof v === "object" ? (v as Record<string, unknown>) : {});

/** An option in any of its spellings. */
export function choice(option: PropOption | undefined): Choice | undefined {
  if (option === null || option === undefined) return undefined;
  if (typeof option !== "object") return { label: String(option), value: option };
  const { label, value } = "__lv" in option ? option.__lv : option;
  return { label: String(label ?? value), value };
}

export const choices = (options: readonly (PropOption | undefined)[] | null | undefined): Choice[] => (options ?? []).flatMap((o) => choice(o) ?? []);

/** A configured value as something to show, whether it was kept with its label or not. */
export function shownAs(value: unknown, options: Choice[] = []): Choice | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const kept = object(value).__lv as Choice | undefined;
  const bare = kept ? kept.value : value;
  return options.find((o) => same(o.value, bare)) ?? { label: kept ? String(kept.label) : typeof bare === "object" ? JSON.stringify(bare) : String(bare), value: bare };
}

/** A choice as the value that is configured. */
export const kept = (prop: ConfigurableProp, c: Choice): unknown => (prop.withLabel ? { __lv: c } : c.value);

export const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

/** Whether an option can be one of several. */
export const many = (p: ConfigurableProp): boolean => p.type.endsWith("[]");

export function empty(p: ConfigurableProp, v: unknown): boolean {
  if (v === undefined || v === null || v === "" || (Array.isArray(v) && !v.length)) return true;
  if (p.type === "app") return !object(v).authProvisionId;
  if (p.type === "sql") return !object(v).query && !object(v).value;
  if (p.type === "http_request") return !object(v).url;
  return false;
}

/** What is to be sent: the props there are, as far as they are filled in. */
export function payload(props: ConfigurableProp[], values: ConfiguredProps): ConfiguredProps {
  return Object.fromEntries(props.filter((p) => !empty(p, values[p.name])).map((p) => [p.name, values[p.name]]));
}

/** The first thing wrong with each prop. `broken` are fields whose text is no value at all. */
export function problems(props: ConfigurableProp[], values: ConfiguredProps, broken: Record<string, string | undefined>, say: Labels): Record<string, string> {
  const out: Record<string, string> = {};
  for (const p of props) {
    if (!shown(p) || p.type === "alert") continue;
    const v = values[p.name];
    const text = broken[p.name] ?? (empty(p, v) ? (p.optional ? undefined : say.required) : p.type === "integer" || p.type === "integer[]" ? wrong(p, v, say) : undefined);
    if (text) out[p.name] = text;
  }
  return out;
}

function wrong(p: { min?: number | null; max?: number | null }, value: unknown, say: Labels): string | undefined {
  for (const one of Array.isArray(value) ? value : [value]) {
    const n = shownAs(one)?.value;
    if (!Number.isInteger(n)) return say.notNumber;
    if (typeof p.min === "number" && (n as number) < p.min) return say.tooSmall(p.min);
    if (typeof p.max === "number" && (n as number) > p.max) return say.tooLarge(p.max);
  }
  return undefined;
}

/** What a component said went wrong: texts, JSON of errors, or observations of them. */
export function complaint(answer: ConfiguredOptions | ReloadedProps): string | undefined {
  const said = (answer.errors ?? []).map((text) => {
    try {
      return String(object(JSON.parse(text)).message ?? text);
    } catch {
      return text;
    }
  });
  const seen = (answer.observations ?? []).filter((o: Observation) => o.k === "error").map((o) => o.err?.message ?? o.msg ?? "");
  return [...said, ...seen].filter(Boolean)[0];
}
