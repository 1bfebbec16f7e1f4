// What an action's run finds in `$`.

import { files } from "./files.mjs";
import { flowOf } from "./flow.mjs";
import { stateOf } from "./store.mjs";

const SENDS = ["http", "email", "emit", "s3", "sse", "sql", "snowflake", "sms"];

/** The `$` of a run. */
export function stepOf(request) {
  const send = Object.fromEntries(SENDS.map((kind) => [kind, (payload) => request.send(kind, payload)]));
  return {
    export: (name, value) => request.export(name, value),
    respond: (response) => request.respond(response),
    send,
    flow: flowOf(request),
    context: request.context,
    state: stateOf(request),
    files,
  };
}
