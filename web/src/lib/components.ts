import type { Component } from "@/api/types";

type Annotations = NonNullable<Component["annotations"]>;
export type Effect = "reads" | "changes" | "destroys" | "untold" | "listens";

/** What a component does to the world, of the little that it says about itself. */
export function effectOf(c: Pick<Component, "component_type" | "annotations">): Effect {
  if (c.component_type === "trigger") return "listens";
  if (!c.annotations) return "untold";
  if (c.annotations.readOnlyHint) return "reads";
  return c.annotations.destructiveHint ? "destroys" : "changes";
}

export const effectWords: Record<Effect, string> = { reads: "Reads only", changes: "Changes", destroys: "Destructive", untold: "Not told", listens: "Listens" };

/** The effect in a sentence or two, as somebody wants to know it who is about to run it. */
export function effectText(c: Pick<Component, "component_type" | "annotations">, app: string): string {
  const effect = effectOf(c);
  switch (effect) {
    case "listens":
      return `It changes nothing in ${app}. It emits an event for each thing it hears of.`;
    case "untold":
      return "It does not say what it does to the world. Take it for one that changes things.";
    case "reads":
      return `It only reads. Nothing in ${app} is changed, however often it runs.`;
    case "destroys":
      return `It deletes or overwrites what is there in ${app}, which cannot be taken back. ${again(c.annotations)}`;
    case "changes":
      return `It adds or changes something in ${app}. ${again(c.annotations)}`;
  }
}

const again = (a: Annotations | null) => (a?.idempotentHint ? "Run twice with the same values, it does it once." : "Run twice, it does it twice.");

/** The names of the types of props, for people. */
const types: Record<string, string> = {
  app: "account",
  string: "text",
  integer: "whole number",
  boolean: "yes or no",
  object: "object",
  any: "anything",
  "string[]": "list of texts",
  "integer[]": "list of numbers",
  "$.interface.timer": "how often",
  "$.interface.http": "address",
  "$.interface.apphook": "events of the app",
  "$.service.db": "memory",
  data_store: "data store",
  http_request: "HTTP request",
  sql: "SQL query",
  dir: "files",
};

export const typeWord = (type: string): string => types[type] ?? type;

/** Props of which somebody who fills in a form has to know. */
const unseen = new Set(["alert", "$.service.db", "$.interface.http", "$.interface.apphook", "dir"]);

export function askedProps(c: Pick<Component, "configurable_props">) {
  return c.configurable_props.filter((p) => !p.hidden && !unseen.has(p.type));
}

/** What was filled in, with a word in the place of each secret, to be shown as code. */
export function withoutSecrets(c: Pick<Component, "configurable_props">, values: Record<string, unknown>): Record<string, unknown> {
  const secret = new Set(c.configurable_props.filter((p) => p.secret === true || p.type === "http_request").map((p) => p.name));
  return Object.fromEntries(Object.entries(values).flatMap(([name, v]) => (v === undefined || v === "" ? [] : [[name, secret.has(name) ? "…" : v]])));
}

/** What names a component of the workspace's own, as its key says it; undefined for one that ships. */
export const ownName = (key: string): string | undefined => (key.startsWith("~/") ? key.slice(2) : undefined);

/** Where an operation file of one's own begins: the least that an action needs. */
export const blankOperation = `schema: operation/v1
type: action
name: Create Thing
description: What it does, in one sentence.
version: 0.1.0
effect: {read_only: false, destructive: false, idempotent: false}
props:
  - {name: name, type: string, label: Name}
request: {post: /things, json: {name: '{{ props.name }}'}}
summary: Created {{ body.name }}
examples:
  - name: a thing
    props: {name: Ada}
    calls: [{method: POST, url: /things, json: {name: Ada}, answer: {status: 201, json: {id: '1', name: Ada}}}]
    returns: {id: '1', name: Ada}
    summary: Created Ada
sources: [{about: the call, url: 'https://example.com/docs'}]
`;

/** Whose fault it is that a run failed. */
const origins: Record<string, string> = {
  app: "The app refused it",
  transport: "The app could not be reached",
  input: "What was filled in does not fit",
  account: "The account cannot be used",
  timeout: "It took too long",
  operation: "The action itself has a fault",
  component: "The action itself has a fault",
  caller: "It was stopped",
  server: "The server stopped half-way",
};

export const originText = (origin: string): string => origins[origin] ?? "It failed";
