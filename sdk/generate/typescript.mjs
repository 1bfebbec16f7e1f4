// The types and methods of sdk/typescript. Names are camelCase there, times are Dates.
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";
import { pascal, verbatim, walk } from "./plan.mjs";

export const camel = (name) => (/^[_$]/.test(name) ? name : name.replace(/_([a-z\d])/g, (_, c) => c.toUpperCase()));
const snake = (name) => name.replace(/[A-Z]/g, (c) => "_" + c.toLowerCase());

export async function typescript({ groups, schemas }, banner) {
  const names = wireNames(schemas);
  const renamed = {};
  for (const [name, schema] of Object.entries(schemas)) renamed[name] = rename(structuredClone(schema), name.endsWith("Request"));
  const date = ts.factory.createTypeReferenceNode("Date");
  const ast = await openapiTS({ openapi: "3.1.0", info: { title: "", version: "" }, paths: {}, components: { schemas: renamed } }, {
    rootTypes: true, rootTypesNoSchemaPrefix: true, emptyObjectsUnknown: true,
    transform: (s) => (s.format !== "date-time" ? undefined : [s.type].flat().includes("null") ? ts.factory.createUnionTypeNode([date, ts.factory.createLiteralTypeNode(ts.factory.createNull())]) : date),
  });
  const kept = ast.filter((node) => !/^(paths|webhooks|operations|\$defs)$/.test(node.name?.text ?? ""));
  return {
    "typescript/src/gen/models.ts": `// ${banner}\n\n${astToString(kept)}`,
    "typescript/src/gen/resources.ts": resources(groups, banner),
    "typescript/src/gen/names.ts": `// ${banner}\n
/** What holds names of somebody else's: an action's result, a component's props, a user's settings. */
export const verbatim = new Set<string>(${JSON.stringify(names.verbatim)});
/** Times in ISO 8601. */
export const times = new Set<string>(${JSON.stringify(names.times)});
`,
  };
}

/** Renames what we name, and leaves what others do. */
function rename(schema, sent) {
  walk(schema, (s) => {
    if (!s.properties || typeof s.properties !== "object" || s.type === undefined) return;
    if (s.additionalProperties) return;
    s.properties = Object.fromEntries(Object.entries(s.properties).map(([k, v]) => {
      if (sent && snake(camel(k)) !== k) throw new Error(`The name ${k} cannot be told from camelCase.`);
      return [camel(k), v];
    }));
    if (s.required) s.required = s.required.map(camel);
  });
  return schema;
}

/** The names of properties that are handed on as they come, and of those that are times. A name that is both this and that is an error. */
function wireNames(schemas) {
  const resolve = (s) => (s.$ref ? resolve(schemas[s.$ref.split("/").pop()]) : s);
  const kinds = new Map();
  const kindOf = (s) => {
    const r = resolve(s);
    if (r.anyOf || r.oneOf) return [...new Set((r.anyOf ?? r.oneOf).map(kindOf))].sort().pop();
    if (r.format === "date-time") return "time";
    if (verbatim(r)) return "verbatim";
    if (r.type === "array") return kindOf(r.items);
    return r.properties && Object.entries(r.properties).some(([k, v]) => camel(k) !== k || /structure|time/.test(kindOf(v))) ? "structure" : "plain";
  };
  walk(Object.entries(schemas).filter(([name]) => !name.endsWith("Request")).map(([, s]) => s), (s) => {
    if (!s.properties || s.additionalProperties || typeof s.type === "undefined") return;
    for (const [name, v] of Object.entries(s.properties)) kinds.set(name, (kinds.get(name) ?? new Set()).add(kindOf(v)));
  });
  for (const [name, all] of kinds) if (all.has("verbatim") && (all.has("structure") || all.has("time"))) throw new Error(`${name} is ${[...all].join(" and ")}: it needs a name of its own in one place.`);
  const answers = new Map(kinds);
  walk(Object.entries(schemas).filter(([name]) => name.endsWith("Request")).map(([, s]) => s), (s) => {
    for (const [name, v] of Object.entries(s.properties ?? {})) {
      if (kindOf(v) !== "verbatim") continue;
      if (answers.get(name)?.has("structure")) throw new Error(`${name} is ours in an answer, and somebody else's in a request.`);
      kinds.set(name, new Set([...(kinds.get(name) ?? []), "verbatim"]));
    }
  });
  const of = (kind) => [...kinds].filter(([, all]) => all.has(kind)).map(([name]) => name).sort();
  return { verbatim: of("verbatim"), times: of("time") };
}

function resources(groups, banner) {
  const types = new Set();
  const classes = groups.map((g) => {
    const body = g.methods.map((m) => method(m, types)).join("\n\n");
    return `export class ${pascal(g.name)}${g.name === "workflows" ? "Api" : ""} {\n  constructor(protected readonly call: Caller) {}\n\n${body}\n}\n`;
  });
  const fields = groups.filter((g) => g.name !== "workflows").map((g) => `  readonly ${g.name}: ${pascal(g.name)};`);
  const set = groups.filter((g) => g.name !== "workflows").map((g) => `    this.${g.name} = new ${pascal(g.name)}(call);`);
  return `// ${banner}

import type { Binary, Caller, Content, RequestOptions } from "../caller.js";
import type { PagePromise } from "../page.js";
import type {
${[...types].sort().map((t) => `  ${t},`).join("\n")}
} from "./models.js";

${classes.join("\n")}
/** All that a client has but for what is not a plain call: workflows and the proxy. */
export class Resources {
${fields.join("\n")}

  constructor(call: Caller) {
${set.join("\n")}
  }
}
`;
}

function method(m, types) {
  if (m.request) types.add(m.request);
  if (m.result.type) types.add(m.result.type);
  const parameters = m.pathParameters.map((p) => `${camel(p)}: string`);
  if (m.request) parameters.push(m.requestRequired ? `request: ${m.request}` : `request: ${m.request} = {}`);
  if (m.binaryBody) parameters.push("content: Content");
  parameters.push("options?: RequestOptions");
  const returns = { page: `PagePromise<${m.result.type}>`, json: `Promise<${m.result.type}>`, list: `Promise<${m.result.type}[]>`, nothing: "Promise<void>", binary: "Promise<Binary>" }[m.result.kind];
  const about = [`method: "${m.http}"`, `path: "${m.path}"`];
  if (m.pathParameters.length) about.push(`at: { ${m.pathParameters.map((p) => (camel(p) === p ? p : `${p}: ${camel(p)}`)).join(", ")} }`);
  if (m.query?.length) about.push(`query: ${JSON.stringify(m.query)}`);
  if (m.fixed) about.push(`fixed: ${JSON.stringify(m.fixed)}`);
  if (m.open) about.push("open: true");
  if (m.repeatable) about.push("repeatable: true");
  if (m.idempotent) about.push("idempotent: true");
  if (m.connectToken) about.push("connectToken: request.connectToken");
  if (m.binaryBody) about.push("content");
  const kind = m.result.kind === "list" ? "json" : m.result.kind;
  return `  /** ${m.summary}. */
  ${m.name}(${parameters.join(", ")}): ${returns} {
    return this.call.${kind}({ ${about.join(", ")} }, ${m.request ? "request" : "{}"}, options);
  }`;
}
