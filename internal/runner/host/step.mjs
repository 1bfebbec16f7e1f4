// What an action's run finds in `$`.

import { files } from "./files.mjs";

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
    files,
  };
}

/** Leaving is marked and not thrown: it is called with return and without. */
function flowOf(request) {
  const inWorkflows = (name) => () => {
    throw new Error(`$.flow.${name} works in workflows alone: this run cannot be put off.`);
  };
  return {
    exit: (reason) => request.exit(reason),
    delay: inWorkflows("delay"),
    suspend: inWorkflows("suspend"),
    rerun: inWorkflows("rerun"),
    refreshTimeout: () => {},
  };
}
