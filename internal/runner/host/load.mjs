// Finds a component's module. The platform's own packages are those beside this
// file, whatever a package brings along under their names.

import Module from "node:module";
import { join, resolve as absolute, sep } from "node:path";
import { pathToFileURL } from "node:url";
import * as platform from "./platform/index.mjs";
import * as types from "./platform/types.mjs";
import { limits } from "./wire.mjs";

const ours = {
  "@pipedream/platform": { url: new URL("./platform/index.mjs", import.meta.url).href, module: platform },
  "@pipedream/types": { url: new URL("./platform/types.mjs", import.meta.url).href, module: types },
};

/** Makes import and require find our packages. */
export function hook() {
  const urls = Object.fromEntries(Object.entries(ours).map(([name, { url }]) => [name, url]));
  if (Module.registerHooks) {
    Module.registerHooks({ resolve: (name, context, next) => (urls[name] ? { url: urls[name], shortCircuit: true } : next(name, context)) });
  } else if (Module.register) {
    Module.register("./resolve.mjs", import.meta.url, { data: urls });
  } // Deno goes by imports.json
  const load = Module._load;
  if (load) {
    Module._load = function (name, ...rest) {
      return ours[name] ? ours[name].module : load.call(this, name, ...rest);
    };
  }
}

/** Returns the component that a module of the package exports. */
export async function component(path) {
  const { folder } = limits;
  const file = absolute(join(folder, path));
  if (!file.startsWith(absolute(folder) + sep)) throw new Error("The module lies outside of its package.");
  const found = await import(pathToFileURL(file).href);
  let value = found.default ?? found["module.exports"];
  if (value?.__esModule && value.default) value = value.default; // compiled to CommonJS
  if (!value || typeof value !== "object") throw new Error("The module has no component as its default export.");
  return value;
}
