// What a component says of its props: flat, with what is inherited from apps.

const DEEPEST = 10;

/** Which definition an app that was made for a component comes from. */
export const definitions = new WeakMap();

const definitionOf = (app) => definitions.get(app) ?? app;

/**
 * Resolves a prop to its flat definition.
 *
 * @returns {{def: object, owner: object|null, args: Function[]}} owner is the app
 *   whose options they are, null for the component's own; args are the functions
 *   that give the options their arguments, the outermost first.
 */
export function flat(name, prop, app = null, depth = 0) {
  if (typeof prop === "string") return { def: { type: prop }, owner: app, args: [] };
  if (!prop.propDefinition) return { def: prop, owner: app, args: [] };
  if (depth > DEEPEST) throw new Error(`The prop ${name} inherits from itself.`);
  const [from, of, given] = prop.propDefinition;
  const source = definitionOf(from) ?? app;
  const base = source?.propDefinitions?.[of];
  if (!base) throw new Error(`The prop ${name} inherits ${String(of)}, which its app does not define.`);
  const inherited = flat(of, base, source, depth + 1);
  const own = Object.fromEntries(Object.entries(prop).filter(([k, v]) => k !== "propDefinition" && v !== undefined));
  return {
    def: { ...inherited.def, ...own },
    owner: own.options ? app : inherited.owner,
    args: given === undefined ? inherited.args : [given, ...inherited.args],
  };
}

/** The props of a component by name, without what a condition left out. */
export function all(props) {
  return Object.entries(props ?? {}).filter(([, p]) => p);
}

/** Calls fn with each prop and its flat definition. */
export function each(props, fn) {
  return all(props).map(([name, p]) => fn(name, flat(name, p)));
}

const PLAIN = [
  "type", "label", "description", "optional", "default", "secret", "min", "max", "hidden", "disabled", "reloadProps", "useQuery", "withLabel",
  "static", "content", "alertType", "accessMode", "sync", "format", "appProp", "eventNames", "customResponse",
];

/** A prop as the wire has it: without what is a function or an app. */
export function described(name, { def }) {
  if (def.type === "app") {
    return { name, type: "app", app: def.app, ...pick(def, ["label", "description", "optional", "reloadProps", "hidden", "disabled"]) };
  }
  const out = { name, ...pick(def, PLAIN) };
  if (Array.isArray(def.options)) out.options = def.options.filter((o) => o != null).map(option);
  else if (typeof def.options === "function") out.remoteOptions = true;
  return out;
}

function pick(from, keys) {
  const out = {};
  for (const k of keys) {
    const v = from[k];
    if (v !== undefined && v !== null && typeof v !== "function") out[k] = v;
  }
  return out;
}

/** One thing that can be chosen, from a value or a label with its value. */
export function option(o) {
  if (o !== null && typeof o === "object" && !Array.isArray(o) && ("value" in o || "label" in o)) {
    const value = o.value === undefined ? o.label : o.value;
    return { label: String(o.label ?? text(value)), value };
  }
  return { label: text(o), value: o };
}

const text = (v) => (typeof v === "object" ? JSON.stringify(v) : String(v));
