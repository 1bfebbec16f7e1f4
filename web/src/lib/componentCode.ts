import type { Scope } from "@/api/types";
import { quote } from "./snippets";

/** A call of the API as a server makes it. */
export interface Call {
  baseURL: string;
  scope: Scope;
  /** Below the project, such as "actions/run". */
  path: string;
  /** POST unless said. */
  method?: "GET" | "POST";
  /** None: nothing is sent but the address. */
  body?: Record<string, unknown>;
}

export type Language = "curl" | "TypeScript" | "Python" | "Go";

export const urlOf = (c: Pick<Call, "baseURL" | "scope" | "path">) => `${c.baseURL}/v1/connect/${c.scope.projectId}/${c.path}`;
const indented = (text: string, by: string) => text.replaceAll("\n", `\n${by}`);

/** A JSON value as Python writes it. */
export function python(v: unknown, indent = ""): string {
  if (v === null || v === undefined) return "None";
  if (typeof v === "boolean") return v ? "True" : "False";
  if (typeof v !== "object") return JSON.stringify(v);
  const inner = `${indent}    `;
  const items = Array.isArray(v) ? v.map((item) => python(item, inner)) : Object.entries(v).map(([k, item]) => `${JSON.stringify(k)}: ${python(item, inner)}`);
  const [open, close] = Array.isArray(v) ? ["[", "]"] : ["{", "}"];
  return items.length === 0 ? open + close : `${open}\n${items.map((i) => `${inner}${i},\n`).join("")}${indent}${close}`;
}

/** Text as Go writes it: raw where it can be. */
const golang = (text: string) => (text.includes("`") ? JSON.stringify(text) : `\`${text}\``);

/** The same call in the languages that servers are written in. The token comes from /v1/oauth/token. */
export function codeOf(c: Call): Record<Language, string> {
  const method = c.method ?? "POST";
  const json = c.body && JSON.stringify(c.body, null, 2);
  const get = method === "GET" && !json;
  return {
    curl: `curl -sS ${get ? quote(urlOf(c)) : urlOf(c)} \\
  -H "authorization: Bearer $TOKEN" \\
  -H 'x-pd-environment: ${c.scope.environment}'${json ? ` \\
  -H 'content-type: application/json' \\
  -d ${quote(json)}` : ""}`,
    TypeScript: `const response = await fetch(${JSON.stringify(urlOf(c))}, {${get ? "" : `
  method: "${method}",`}
  headers: {
    authorization: \`Bearer \${token}\`,
    "x-pd-environment": "${c.scope.environment}",${json ? `
    "content-type": "application/json",` : ""}
  },${json ? `
  body: JSON.stringify(${indented(json, "  ")}),` : ""}
});
const answer = await response.json();
if (!response.ok) throw new Error(answer.error); // ${get ? "it was refused" : "it did not begin"}`,
    Python: `import requests

response = requests.${method.toLowerCase()}(
    ${JSON.stringify(urlOf(c))},
    headers={"authorization": f"Bearer {token}", "x-pd-environment": "${c.scope.environment}"},${c.body ? `
    json=${python(c.body, "    ")},` : ""}
)
answer = response.json()
if not response.ok:  # ${get ? "it was refused" : "it did not begin"}
    raise RuntimeError(answer["error"])`,
    Go: `${json ? `body := strings.NewReader(${golang(json)})
` : ""}req, err := http.NewRequestWithContext(ctx, http.Method${get ? "Get" : "Post"}, ${JSON.stringify(urlOf(c))}, ${json ? "body" : "nil"})
if err != nil {
	return err
}
req.Header.Set("authorization", "Bearer "+token)
req.Header.Set("x-pd-environment", "${c.scope.environment}")${json ? `
req.Header.Set("content-type", "application/json")` : ""}
res, err := http.DefaultClient.Do(req)
if err != nil {
	return err
}
defer res.Body.Close()
if res.StatusCode != http.StatusOK {
	return fmt.Errorf("${get ? "it was refused" : "it did not begin"}: %s", res.Status)
}`,
  };
}
