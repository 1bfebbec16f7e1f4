// The host: a process that carries out, one after another, what the server asks of
// the modules of one package.
//
// node main.mjs <folder of the package> <longest line in bytes>

import { hook } from "./load.mjs";
import { capture, within } from "./logs.mjs";
import { ops } from "./ops.mjs";
import { requestOf } from "./request.mjs";
import { answered, limits, receive, send } from "./wire.mjs";

const [, , folder, line] = process.argv;
limits.line = Number(line) || limits.line;
limits.folder = folder;

let current; // the request that is carried out

async function carryOut(message) {
  const request = requestOf(message);
  current = request;
  try {
    end(request, { value: plain(await within(request, () => ops[message.op](request))) });
  } catch (err) {
    end(request, { error: errorOf(err) });
  }
}

/** Says what a request came to, once. */
function end(request, outcome, broken = false) {
  if (request.over) return;
  const rest = { t: "done", id: request.id, db: request.memory.changes(), rss: process.memoryUsage.rss(), cpu: cpuSeconds(), broken };
  try {
    send({ ...rest, ...outcome }, "The result");
  } catch (err) {
    send({ ...rest, db: undefined, error: errorOf(err) });
  }
  request.over = true;
  if (current === request) current = undefined;
}

function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** What JSON knows of a value; a large number that it does not know is text. */
function plain(value) {
  if (value === undefined) return null;
  const text = JSON.stringify(value, (_, v) => (typeof v === "bigint" ? v.toString() : v));
  return text === undefined ? null : JSON.parse(text);
}

const LONGEST = 16 << 10;

function errorOf(err) {
  if (err === null || typeof err !== "object") return { name: "Error", message: clip(String(err)) };
  const name = typeof err.name === "string" ? err.name : "Error";
  const status = Number(err.response?.status ?? err.status ?? err.statusCode);
  return {
    name,
    message: clip(typeof err.message === "string" ? err.message : JSON.stringify(err) ?? String(err)),
    stack: name === "ConfigurationError" || typeof err.stack !== "string" ? undefined : clip(err.stack),
    status: Number.isInteger(status) && status >= 100 && status <= 599 ? status : undefined,
    app: err.response?.status !== undefined || undefined,
  };
}

const clip = (text) => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

// What nobody catches ends the request, and leaves a process that is not to be
// used again.
for (const event of ["uncaughtException", "unhandledRejection"]) {
  process.on(event, (err) => {
    if (current) end(current, { error: errorOf(err) }, true);
    process.exit(70);
  });
}

hook();
capture();
receive(
  (message) => (message.t === "answer" ? answered(message) : carryOut(message)),
  () => process.exit(0),
);
send({ t: "ready" });
