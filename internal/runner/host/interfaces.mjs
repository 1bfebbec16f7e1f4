// Props that are more than the value that was filled in, by their types. Each
// returns what stands in `this`, undefined for nothing.

import { axios } from "./platform/index.mjs";
import { storeOf } from "./store.mjs";

export const interfaces = {
  "$.service.db": (_, { request }) => request.db,
  "$.interface.http": (_, { request }) => ({ endpoint: request.endpoint, respond: (response) => request.respond(response) }),
  "$.interface.timer": (value) => value && { type: "$.interface.timer", ...value },
  "$.interface.apphook": (value, { def }) => ({ type: "$.interface.apphook", eventNames: def.eventNames }),
  data_store: (value, { request }) => (value ? storeOf(value, request) : undefined),
  http_request: (value) => value && { ...value, execute: () => execute(value) },
  sql: (value) => (typeof value === "string" ? { value, query: value, params: [] } : value && { ...value, query: value.query ?? value.value, value: value.value ?? value.query }),
  alert: () => undefined,
  dir: () => undefined,
};

/** Sends a request as it was put together in a form. */
async function execute({ method = "GET", url, headers, params, body, auth }) {
  const config = { method, url, headers: named(headers), params: named(params), returnFullResponse: true };
  if (auth?.type === "basic") config.auth = { username: auth.username ?? "", password: auth.password ?? "" };
  if (auth?.type === "bearer") config.headers.Authorization = `Bearer ${auth.token}`;
  if (body) config.data = bodyOf(body, config.headers);
  const { data, status, headers: answered } = await axios({}, config);
  return { data, status, headers: answered };
}

function bodyOf(body, headers) {
  if (typeof body !== "object" || Array.isArray(body)) return body;
  if (body.contentType && !Object.keys(headers).some((h) => h.toLowerCase() === "content-type")) headers["Content-Type"] = body.contentType;
  if (body.raw !== undefined) return body.raw;
  if (body.fields === undefined) return body;
  const fields = named(body.fields);
  return /urlencoded/.test(body.contentType ?? "") ? new URLSearchParams(fields) : fields;
}

/** Fields of a form, as a list of names and values or as an object. */
function named(fields) {
  if (!Array.isArray(fields)) return { ...fields };
  const out = {};
  for (const f of fields) if (f?.name && !f.disabled) out[f.name] = f.value;
  return out;
}
