// What the server can ask of a component.

import { all, described, each, flat, option } from "./props.mjs";
import { appFor, instanceOf } from "./instance.mjs";
import { component as load } from "./load.mjs";
import { stepOf } from "./step.mjs";
import { code } from "./code.mjs";

const HOOKS = ["deploy", "activate", "deactivate"];
const FIELDS = ["key", "name", "description", "version", "type", "dedupe", "annotations", "sampleEmit"];

/** Each returns what the request comes to. */
export const ops = { describe, run, source, hook, options, props, code };

async function describe({ module }) {
  const c = await load(module);
  const out = Object.fromEntries(FIELDS.filter((f) => c[f] !== undefined && typeof c[f] !== "function").map((f) => [f, c[f]]));
  return {
    ...out,
    props: each(c.props, described),
    hooks: HOOKS.filter((h) => typeof c.hooks?.[h] === "function"),
    run: typeof c.run === "function",
    dynamic: typeof c.additionalProps === "function",
  };
}

async function run(request) {
  const c = await load(request.module);
  const { self } = instanceOf(c, request);
  return await method(c, "run").call(self, { $: stepOf(request), steps: request.steps ?? {} });
}

async function source(request) {
  const c = await load(request.module);
  const { self } = instanceOf(c, request);
  if (typeof c.run !== "function") {
    request.emit(request.event);
    return;
  }
  await c.run.call(self, request.event);
}

async function hook(request) {
  const c = await load(request.module);
  const { self } = instanceOf(c, request);
  return await c.hooks?.[request.hook]?.call(self);
}

async function options(request) {
  const c = await load(request.module);
  const { self, apps } = instanceOf(c, request);
  let prop = c.props?.[request.prop];
  if (!prop) prop = (await dynamic(c, self, request))[request.prop];
  if (!prop) throw new Error(`There is no prop ${request.prop}.`);
  const { def, owner, args } = flat(request.prop, prop);
  if (typeof def.options !== "function") return { options: (def.options ?? []).filter((o) => o != null).map(option) };
  const { page = 0, query, prevContext } = request.ask ?? {};
  const asked = { page, query, prevContext: prevContext ?? {}, ...(await given(args, request.configured)) };
  const found = await def.options.call(owner ? appFor(apps, owner) : self, asked);
  const list = Array.isArray(found) ? found : found?.options ?? [];
  return { options: list.filter((o) => o !== null && o !== undefined).map(option), context: Array.isArray(found) ? undefined : found?.context };
}

/** What the functions of a propDefinition make of what is filled in: the outermost has the last word. */
async function given(args, configured) {
  let out = {};
  for (const arg of args.toReversed?.() ?? [...args].reverse()) {
    out = { ...out, ...(typeof arg === "function" ? await arg({ ...configured }) : arg) };
  }
  return out;
}

async function props(request) {
  const c = await load(request.module);
  const { self } = instanceOf(c, request);
  const more = await dynamic(c, self, request);
  return each(more, described);
}

/**
 * The props that depend on what is filled in, and those of the component's own
 * that additionalProps changed on its way.
 */
async function dynamic(c, self, request) {
  if (typeof c.additionalProps !== "function") return {};
  const before = Object.fromEntries(all(c.props).map(([name, p]) => [name, p.type === "app" ? p : { ...flat(name, p).def }]));
  const kept = Object.fromEntries((request.dynamic ?? []).map(({ name, ...def }) => [name, def]));
  const previous = { ...kept, ...before };
  const shown = (name) => JSON.stringify(described(name, flat(name, previous[name])));
  const was = Object.fromEntries(Object.keys(before).map((name) => [name, shown(name)]));
  const returned = (await c.additionalProps.call(self, previous)) ?? {};
  const out = {};
  for (const name of Object.keys(before)) {
    if (previous[name] && shown(name) !== was[name]) out[name] = { ...c.props[name], ...previous[name] };
  }
  return Object.assign(out, Object.fromEntries(all(returned)));
}

function method(c, name) {
  if (typeof c[name] !== "function") throw new Error(`The component has no ${name}.`);
  return c[name];
}
