// One request of the server, and what it has to say on its way.

import { send } from "./wire.mjs";
import { Memory } from "./memory.mjs";

/** A request, with all that a component may do in its course. */
export function requestOf(message) {
  const { id } = message;
  const memory = new Memory(message.db);
  const request = {
    ...message,
    over: false,
    configured: message.configured ?? {},
    auth: message.auth ?? {},
    context: message.context ?? {},
    memory,
    db: { get: (key) => memory.get(key), set: (key, value) => memory.set(key, value) },
    emit: (event, meta) => tell("emit", { event: event ?? null, meta: metaOf(meta) }, "The event"),
    export: (name, value) => tell("export", { name: String(name), value: value ?? null }, `The export ${name}`),
    respond: (response) => tell("respond", responseOf(response), "The response"),
    send: (kind, payload) => tell("send", { kind, payload: payload ?? null }, `What is sent by ${kind}`),
    putOff: (how) => tell("flow", how, "The context"),
    exit: (reason) => tell("exit", { reason: reason === undefined ? "" : String(reason) }),
  };
  function tell(t, more, what) {
    if (!request.over) send({ t, id, ...more }, what);
  }
  return request;
}

function metaOf(meta) {
  const { id, summary, ts, name } = meta ?? {};
  const at = ts instanceof Date ? ts.getTime() : typeof ts === "string" && Number.isNaN(Number(ts)) ? Date.parse(ts) : Number(ts);
  return {
    id: id === undefined || id === null ? "" : String(id),
    summary: summary === undefined || summary === null ? "" : String(summary),
    ts: ts === undefined || ts === null || Number.isNaN(at) ? undefined : at,
    name: name === undefined || name === null ? undefined : String(name),
  };
}

function responseOf(response) {
  const { status = 200, headers = {}, body, immediate } = response ?? {};
  const out = { status, headers, immediate: Boolean(immediate) };
  if (body instanceof Uint8Array) return { ...out, base64: Buffer.from(body).toString("base64") };
  if (typeof body === "string") return { ...out, text: body };
  return body === undefined ? out : { ...out, body };
}
