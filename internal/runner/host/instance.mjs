// What a component's functions find in `this`.

import { definitions, each } from "./props.mjs";
import { interfaces } from "./interfaces.mjs";
import { stateOf } from "./store.mjs";

/**
 * An app as a component has it: its methods, bound, and $auth.
 */
export function appOf(definition, auth) {
  const app = Object.create({});
  definitions.set(app, definition);
  const proto = Object.getPrototypeOf(app);
  for (const [name, v] of Object.entries(definition)) {
    if (name !== "methods") proto[name] = v;
  }
  bind(proto, app, definition.methods);
  Object.defineProperty(proto, "$auth", { value: auth ?? {}, writable: true });
  return app;
}

function bind(proto, self, methods) {
  for (const [name, fn] of Object.entries(methods ?? {})) {
    proto[name] = typeof fn === "function" ? fn.bind(self) : fn;
  }
}

/**
 * A component as its functions have it. Only its props are its own: it is taken
 * apart with `...rest`, and what is left is sent to apps. What was not filled in
 * is absent.
 *
 * @returns {{self: object, apps: Map<object, object>}} apps by their definitions.
 */
export function instanceOf(component, request) {
  const proto = {};
  const self = Object.create(proto);
  const apps = new Map();
  const values = { ...request.configured };
  each(component.props, (name, { def }) => {
    if (def.type === "app") {
      const prop = component.props[name];
      const definition = definitions.get(prop) ?? (prop.propDefinition ? def : prop);
      const app = appOf(definition, request.auth?.[name]);
      apps.set(definition, app);
      if (request.auth?.[name] || !def.optional) self[name] = app;
      delete values[name];
    } else if (interfaces[def.type]) {
      const value = interfaces[def.type](values[name], { name, def, request });
      delete values[name];
      if (value !== undefined) self[name] = value;
    }
  });
  for (const [name, v] of Object.entries(values)) {
    if (v !== undefined && v !== null) self[name] = v;
  }
  if (["source", "hook"].includes(request.op)) proto.export = (name, value) => request.export(name, value); // it has no $: axios(this, …)
  bind(proto, self, component.methods);
  proto.$emit = (event, meta) => request.emit(event, meta);
  proto.$context = request.context;
  proto.$state = stateOf(request);
  return { self, apps };
}

/** The app that a definition stands for here; one without an account if there is none. */
export function appFor(apps, definition) {
  return apps.get(definition) ?? [...apps].find(([d]) => d.app !== undefined && d.app === definition.app)?.[1] ?? appOf(definition, {});
}
