// What the libraries offer: the operations of the contract that methods.json names, as groups of methods, and the
// schemas that they need. A method takes one request: what stands in the query and in the body, together.
import { readFileSync } from "node:fs";
import yaml from "js-yaml";

export const pascal = (name) => name[0].toUpperCase() + name.slice(1);

const prefix = "#/components/schemas/";
/** Operations that are POST and may be done twice all the same. */
const repeatable = new Set([
  "createOAuthToken",
  "createConnectToken", "createRateLimit", "checkAccount", "testOAuthApp", "cancelActionRun", "cancelRun", "configureComponentProp", "reloadComponentProps",
  "configureActionProp", "reloadActionProps", "configureTriggerProp", "reloadTriggerProps", "updateProject", "updateEndpoint", "updateProjectLogo",
]);

const clone = (value) => structuredClone(value);

/** Reads the contract. */
export function plan() {
  const contract = yaml.load(readFileSync(new URL("../../openapi/openapi.yaml", import.meta.url), "utf8"), { schema: yaml.JSON_SCHEMA });
  const names = JSON.parse(readFileSync(new URL("methods.json", import.meta.url), "utf8"));
  const operations = new Map();
  for (const [path, item] of Object.entries(contract.paths)) {
    for (const method of ["get", "post", "put", "patch", "delete"]) if (item[method]) operations.set(item[method].operationId, { path, method, item, operation: item[method] });
  }
  const schemas = {};
  const add = (name, schema, shared = false) => {
    if (shared && schemas[name]) return name;
    if (schemas[name] || contract.components.schemas[name]) throw new Error(`There are two schemas ${name}.`);
    schemas[name] = clone(schema);
    return name;
  };
  const groups = Object.entries(names).map(([group, methods]) => ({
    name: group,
    methods: Object.entries(methods).map(([name, id]) => {
      const found = operations.get(id);
      if (!found) throw new Error(`methods.json names ${id}, which the contract has not.`);
      return method(contract, pascal(group) + pascal(name), name, found, add);
    }),
  }));
  const queue = [...Object.values(schemas), ...groups.flatMap((g) => g.methods).flatMap(({ result: { type } }) => (type && !schemas[type] ? [{ $ref: prefix + type }] : []))];
  while (queue.length) {
    for (const name of references(queue.pop())) {
      if (schemas[name] || name === "Flag") continue;
      schemas[name] = name === "WorkflowDefinition" ? { type: "object", additionalProperties: true } : clone(contract.components.schemas[name]);
      queue.push(schemas[name]);
    }
  }
  for (const schema of Object.values(schemas)) bare(schema);
  return { groups, schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))) };
}

function method(contract, full, name, { path, method, item, operation }, add) {
  const resolve = (x) => (x?.$ref ? resolve(x.$ref.slice(2).split("/").reduce((at, key) => at[key], contract)) : x);
  const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(resolve);
  const at = (where) => parameters.filter((p) => p.in === where);
  const own = operation.tags[0] === "projects"; // there the project is what it is about
  const properties = {}, required = [], query = [], fixed = {};
  for (const p of at("query")) {
    properties[p.name] = { ...p.schema, ...(p.description && { description: p.description }) };
    if (p.required) required.push(p.name);
    query.push(p.name);
  }
  const content = resolve(operation.requestBody)?.content ?? {};
  const json = content["application/json"];
  if (json) {
    const body = resolve(json.schema);
    if (!body.properties) throw new Error(`The body of ${operation.operationId} has no properties.`);
    for (const [key, schema] of Object.entries(body.properties)) {
      if (properties[key]) throw new Error(`${operation.operationId} has ${key} in the query and in the body.`);
      if (schema.enum?.length === 1 && body.required?.includes(key)) fixed[key] = schema.enum[0]; // nobody has to say it
      else properties[key] = schema;
    }
    if (resolve(operation.requestBody).required) required.push(...(body.required ?? []).filter((key) => !(key in fixed)));
  }
  const any = Object.keys(properties).length > 0;
  return {
    name, http: method.toUpperCase(), path: "/v1" + path, summary: operation.summary, deprecated: Boolean(operation.deprecated),
    pathParameters: at("path").map((p) => p.name).filter((p) => own || p !== "project_id"),
    request: any ? add(`${full}Request`, { type: "object", required, properties }) : undefined,
    requestRequired: required.length > 0,
    query: json ? query : undefined, // without a body all of it is in the query
    binaryBody: !json && Boolean(content["application/octet-stream"]),
    fixed: Object.keys(fixed).length ? fixed : undefined, open: operation.security?.length === 0,
    repeatable: repeatable.has(operation.operationId),
    idempotent: at("header").some((p) => p.name === "Idempotency-Key"),
    connectToken: JSON.stringify(operation.security) === '[{"connectToken":[]}]',
    result: answer(resolve, full, operation, add),
  };
}

function answer(resolve, full, operation, add) {
  const [, good] = Object.entries(operation.responses).find(([status]) => status.startsWith("2"));
  const content = resolve(good).content ?? {};
  const shared = good.$ref?.split("/").pop(); // an answer that several operations have is one type
  if (content["application/octet-stream"]) return { kind: "binary" };
  const schema = content["application/json"]?.schema;
  if (!schema) return { kind: "nothing" };
  const named = (s, suffix) => (s.$ref ? s.$ref.slice(prefix.length) : add(full + suffix, s));
  const whole = resolve(schema);
  if (whole.type === "array") return { kind: "list", type: named(whole.items, "Item") };
  if (whole.properties?.page_info && whole.properties.data) return { kind: "page", type: named(whole.properties.data.items, "Item") };
  if (shared && !schema.$ref) return { kind: "json", type: add(shared, schema, true) };
  return { kind: "json", type: named(schema, "Response") };
}

/** The names of the schemas that one refers to. */
function references(schema) {
  const found = new Set();
  walk(schema, (s) => s.$ref?.startsWith(prefix) && found.add(s.$ref.slice(prefix.length)));
  return found;
}

export function walk(value, visit) {
  if (value === null || typeof value !== "object") return;
  if (!Array.isArray(value)) visit(value);
  for (const v of Object.values(value)) walk(v, visit);
}

/** Leaves a schema what a type needs: limits are the server's to check, and a flag is a boolean. */
function bare(schema) {
  walk(schema, (s) => {
    if (s.$ref === prefix + "Flag") {
      delete s.$ref;
      s.type = "boolean";
    }
    if (Array.isArray(s.oneOf) && s.oneOf.length === 2 && s.oneOf[1].type === "null" && s.oneOf[0].$ref) {
      s.anyOf = s.oneOf;
      delete s.oneOf;
    }
    for (const key of Object.keys(s)) {
      const limit = /^(min|max)(imum|Length|Items|Properties)$|^(pattern|example|examples|default|uniqueItems|exclusiveMinimum|multipleOf|propertyNames)$/.test(key);
      if ((limit && typeof s[key] !== "object") || (/^(example|examples|default)$/.test(key) && s.type !== undefined) || key.startsWith("x-")) delete s[key];
    }
  });
}

/** Whether what a schema describes is somebody else's, whose names stay as they are. */
export function verbatim(s) {
  if (s.$ref || s.anyOf || s.oneOf || s.allOf) return false;
  if (s.type === undefined) return !("enum" in s) && !("const" in s) && !s.properties;
  const types = [s.type].flat();
  return (types.includes("object") && (!s.properties || Boolean(s.additionalProperties))) || (types.includes("array") && (s.items === undefined || verbatim(s.items)));
}
