// The methods of sdk/go, and the schemas that its types are made of.
import { pascal, walk } from "./plan.mjs";

const initialisms = { id: "ID", ids: "IDs", url: "URL", oauth: "OAuth", s3: "S3", api: "API" };
const words = (name) => name.replace(/[A-Z]/g, (c) => "_" + c.toLowerCase()).split("_").filter(Boolean);
const exported = (name) => words(name).map((w) => initialisms[w] ?? pascal(w)).join("");
const local = (name) => {
  const [first, ...rest] = words(name);
  return first + rest.map((w) => initialisms[w] ?? pascal(w)).join("");
};

export function go({ groups, schemas }, banner) {
  return {
    "go/resources.gen.go": resources(groups, banner),
    "../bin/sdk/go.json": JSON.stringify({ openapi: "3.1.0", info: { title: "Patchbay", version: "1" }, paths: {}, components: { schemas: types(schemas) } }, null, 1),
  };
}

/** What Go can say: an enum is a string, since a newer server knows more, and what may be one thing or another is any. */
function types(schemas) {
  const out = structuredClone(schemas);
  const alias = (ref) => {
    const to = out[ref.split("/").pop()];
    return to && to.type === "string" && !to.format ? to : undefined; // an enum of its own
  };
  for (const [name, schema] of Object.entries(out)) {
    walk(schema, (s) => {
      if (s.properties && typeof s.properties === "object" && !Array.isArray(s.properties)) {
        for (const [key, p] of Object.entries(s.properties)) {
          if (/_ids$/.test(key)) p["x-go-name"] = exported(key);
          const choices = p.anyOf ?? p.oneOf;
          if (choices?.length === 2 && choices[1].type === "null" && choices[0].$ref) {
            s.properties[key] = { $ref: choices[0].$ref };
            s.required = s.required?.filter((r) => r !== key);
          }
        }
      }
    });
    walk(schema, (s) => {
      if (typeof s.$ref === "string" && alias(s.$ref)) {
        delete s.$ref;
        s.type = "string";
      }
      if (s.anyOf || s.oneOf || (Array.isArray(s.type) && s.type.filter((t) => t !== "null").length > 1)) {
        const { description } = s;
        for (const key of Object.keys(s)) delete s[key];
        if (description) s.description = description;
        s["x-go-type-skip-optional-pointer"] = true;
      }
      if (s.type === "string" || [s.type].flat().includes("string")) delete s.enum;
    });
    if (!name.endsWith("Request")) continue;
    for (const [key, p] of Object.entries(schema.properties)) {
      const [type] = [p.type].flat();
      if (/^(limit|n|page|expires_in)$/.test(key)) p["x-go-type-skip-optional-pointer"] = true; // where 0 says nothing
      if ((type === "string" && p.format !== "date-time") || type === "array" || type === "object") {
        p.type = type;
        p["x-go-type-skip-optional-pointer"] = true;
      }
    }
  }
  for (const [name, s] of Object.entries(out)) if (s.type === "string") delete out[name];
  return out;
}

function resources(groups, banner) {
  const service = (g) => `${exported(g.name)}Service`;
  const own = groups.filter((g) => g.name !== "workflows");
  return `// ${banner}

package patchbay

import (
	"context"
	"io"
	"iter"
	"net/http"
)

// resources are what a client has but for what is not a plain call: workflows and the proxy.
type resources struct {
${own.map((g) => `\t${exported(g.name)} *${service(g)}`).join("\n")}
}

func newResources(c *caller) resources {
	return resources{
${own.map((g) => `\t\t${exported(g.name)}: &${service(g)}{c},`).join("\n")}
	}
}

${groups.map((g) => `// ${service(g)} has the calls of ${words(g.name).join(" ")}.
type ${service(g)} struct{ call *caller }

${g.methods.map((m) => method(m, service(g))).join("\n")}`).join("\n")}
`;
}

function method(m, service) {
  const name = exported(m.name), at = m.pathParameters.map((p) => `${local(p)} string`);
  const before = ["ctx context.Context", ...at];
  if (m.request) before.push(`req ${m.request}`);
  if (m.binaryBody) before.push("content io.Reader");
  before.push("opts ...CallOption");
  const about = [`method: http.Method${pascal(m.http.toLowerCase())}`, `path: ${JSON.stringify(m.path)}`];
  if (m.pathParameters.length) about.push(`at: []string{${m.pathParameters.map((p) => `${JSON.stringify(p)}, ${local(p)}`).join(", ")}}`);
  if (m.query?.length) about.push(`query: []string{${m.query.map((q) => JSON.stringify(q)).join(", ")}}`);
  if (m.fixed) about.push(`fixed: map[string]string{${Object.entries(m.fixed).map((e) => e.map((x) => JSON.stringify(x)).join(": ")).join(", ")}}`);
  if (m.open) about.push("open: true");
  if (m.repeatable) about.push("repeatable: true");
  if (m.idempotent) about.push("idempotent: true");
  if (m.connectToken) about.push("connectToken: req.ConnectToken");
  if (m.binaryBody) about.push("content: content");
  const route = `route{${about.join(", ")}}`, request = m.request ? "req" : "nil";
  const head = (n, returns) => `func (s *${service}) ${n}(${before.join(", ")}) ${returns} {`;
  const says = `// ${name}: ${m.summary[0].toLowerCase()}${m.summary.slice(1)}.`;
  const t = m.result.type;
  switch (m.result.kind) {
    case "page":
      return `${says} It answers the first page.
${head(name, `(*Page[${t}], error)`)}
	return list[${t}](ctx, s.call, ${route}, ${request}, opts)
}

// All goes through what List lists, page by page.
${head("All", `iter.Seq2[${t}, error]`)}
	return all[${t}](ctx, s.call, ${route}, ${request}, opts)
}
`;
    case "json":
      return `${says}\n${head(name, `(*${t}, error)`)}\n\treturn one[*${t}](ctx, s.call, ${route}, ${request}, opts)\n}\n`;
    case "list":
      return `${says}\n${head(name, `([]${t}, error)`)}\n\treturn one[[]${t}](ctx, s.call, ${route}, ${request}, opts)\n}\n`;
    case "nothing":
      return `${says}\n${head(name, "error")}\n\treturn s.call.nothing(ctx, ${route}, ${request}, opts)\n}\n`;
    default:
      return `${says} Close it.\n${head(name, "(io.ReadCloser, error)")}\n\treturn s.call.binary(ctx, ${route}, ${request}, opts)\n}\n`;
  }
}
