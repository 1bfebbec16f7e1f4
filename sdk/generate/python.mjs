// The methods of sdk/python, for callers who wait and for those who await, and the schemas that its models are made of.
import { pascal, walk } from "./plan.mjs";

const snake = (name) => name.replace(/[A-Z]/g, (c) => "_" + c.toLowerCase());
const argument = (name) => (name === "from" ? "from_" : snake(name));
const refName = (ref) => ref.split("/").pop();

export function python({ groups, schemas }, banner) {
  return {
    "python/patchbay/_resources.py": resources(groups, schemas, banner, false),
    "python/patchbay/_async_resources.py": resources(groups, schemas, banner, true),
    "../bin/sdk/python.json": JSON.stringify({ openapi: "3.1.0", info: { title: "Patchbay", version: "1" }, paths: {}, components: { schemas: answers(groups, schemas) } }, null, 1),
  };
}

/** What is answered. What an enum may be is not closed: a newer server knows more. */
function answers(groups, schemas) {
  const kept = {}, open = new Set(), queue = groups.flatMap((g) => g.methods.flatMap((m) => m.result.type ?? []));
  while (queue.length) {
    const name = queue.pop();
    if (kept[name]) continue;
    kept[name] = structuredClone(schemas[name]);
    walk(kept[name], (s) => {
      if (s.$ref) queue.push(refName(s.$ref));
      if (Array.isArray(s.enum) && s.type === "string" && !open.has(s)) {
        const { enum: values, type, ...rest } = s;
        for (const key of Object.keys(s)) delete s[key];
        Object.assign(s, rest, { anyOf: [{ type, enum: values }, { type: "string" }] });
        open.add(s.anyOf[0]);
      }
    });
  }
  return Object.fromEntries(Object.entries(kept).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What an argument may be. */
function typeOf(s, schemas) {
  if (s.$ref) return typeOf(schemas[refName(s.$ref)], schemas);
  if (s.anyOf || s.oneOf) return [...new Set((s.anyOf ?? s.oneOf).filter((x) => x.type !== "null").map((x) => typeOf(x, schemas)))].join(" | ");
  if (s.enum) return `Literal[${s.enum.filter((v) => v !== null).map((v) => JSON.stringify(v)).join(", ")}]`;
  if (s.format === "date-time") return "datetime | str";
  const types = [s.type].flat().filter((t) => t !== "null");
  if (types.length !== 1) return "Any";
  return { string: "str", integer: "int", number: "float", boolean: "bool", array: `Sequence[${s.items ? typeOf(s.items, schemas) : "Any"}]`, object: "Mapping[str, Any]" }[types[0]] ?? "Any";
}

const nullable = (s, schemas) => (s.$ref ? nullable(schemas[refName(s.$ref)], schemas) : [s.type].flat().includes("null") || (s.anyOf ?? s.oneOf ?? []).some((x) => nullable(x, schemas)));

function resources(groups, schemas, banner, asynchronous) {
  const Async = asynchronous ? "Async" : "";
  const classes = groups.map((g) => `class ${Async}${pascal(g.name)}${g.name === "workflows" ? "Api" : ""}:
    def __init__(self, call: ${Async}Caller) -> None:
        self._call = call

${g.methods.map((m) => method(m, schemas, asynchronous)).join("\n\n")}
`);
  return `# ${banner}
from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from . import models
from ._${asynchronous ? "async" : "sync"} import ${Async}Caller
from ._core import OMIT, Omit, RequestOptions, Route
from ._page import ${Async}${asynchronous ? "Pager" : "Page"}

${classes.join("\n\n")}

class ${Async}Resources:
    """All that a client has but for what is not a plain call: workflows and the proxy."""

    def __init__(self, call: ${Async}Caller) -> None:
${groups.filter((g) => g.name !== "workflows").map((g) => `        self.${snake(g.name)} = ${Async}${pascal(g.name)}(call)`).join("\n")}
`;
}

function method(m, schemas, asynchronous) {
  const properties = m.request ? schemas[m.request].properties : {}, required = new Set(m.request ? schemas[m.request].required : []);
  const inBody = (name) => m.query !== undefined && !m.query.includes(name);
  const positional = m.pathParameters.map((p) => `${snake(p)}: str`);
  if (m.binaryBody) positional.push("content: bytes");
  const names = Object.keys(properties).sort((a, b) => Number(required.has(b)) - Number(required.has(a)));
  const cleared = names.filter((n) => inBody(n) && !required.has(n) && nullable(properties[n], schemas));
  const keywords = names.map((n) => {
    const type = typeOf(properties[n], schemas);
    if (required.has(n)) return `${argument(n)}: ${type}`;
    const open = type === "Any" ? "Any" : `${type} | None`;
    return cleared.includes(n) ? `${argument(n)}: ${open === "Any" ? "Any" : `${open} | Omit`} = OMIT` : `${argument(n)}: ${open} = None`;
  });
  const parameters = ["self", ...positional, "*", ...keywords, "options: RequestOptions | None = None"];
  const type = m.result.type && `models.${m.result.type}`;
  const returns = { page: `${asynchronous ? "AsyncPager" : "Page"}[${type}]`, json: type, list: `builtins.list[${type}]`, nothing: "None", binary: "bytes" }[m.result.kind];
  const about = [JSON.stringify(m.http), JSON.stringify(m.path)];
  if (m.pathParameters.length) about.push(`at={${m.pathParameters.map((p) => `"${p}": ${snake(p)}`).join(", ")}}`);
  if (m.query?.length) about.push(`query=${JSON.stringify(m.query)}`);
  if (cleared.length) about.push(`nullable=${JSON.stringify(cleared)}`);
  if (m.fixed) about.push(`fixed=${JSON.stringify(m.fixed)}`);
  if (m.open) about.push("open=True");
  if (m.repeatable) about.push("repeatable=True");
  if (m.idempotent) about.push("idempotent=True");
  if (m.connectToken) about.push("connect_token=connect_token");
  if (m.binaryBody) about.push("content=content");
  const given = `{${names.map((n) => `"${n}": ${argument(n)}`).join(", ")}}`;
  const result = { page: `page(${type}, `, json: `json(${type}, `, list: `json(builtins.list[${type}], `, nothing: "nothing(", binary: "binary(" }[m.result.kind];
  const awaited = asynchronous && m.result.kind !== "page";
  return `    ${awaited ? "async " : ""}def ${snake(m.name)}(${parameters.join(", ")}) -> ${returns}:
        """${m.summary}."""
        ${m.result.kind === "nothing" ? "" : "return "}${awaited ? "await " : ""}self._call.${result}Route(${about.join(", ")}), ${given}, options)`;
}
