import type { Endpoint } from "@/api/types";
import type { components } from "@/api/schema.gen";

type Update = components["schemas"]["EndpointUpdate"];

/** An endpoint as its form holds it: all that is typed is text until it is sent. */
export interface Draft {
  url: string;
  description: string;
  types: string;
  payload: Endpoint["payload"];
  /** KiB; what is larger goes as a link. */
  inlineLimit: string;
  connect: boolean;
  standard: boolean;
  timeout: string;
  concurrency: string;
  rate: string;
  burst: string;
  retries: boolean;
  waits: string;
  orderingPath: string;
  ordering: Endpoint["ordering"];
  onExhausted: Endpoint["on_exhausted"];
  /** Headers to set, a line each. */
  headers: string;
  /** Names of headers that go. */
  without: string[];
  certificate: string;
  key: string;
  withoutCertificate: boolean;
}

export function draftOf(e?: Endpoint): Draft {
  return {
    url: e?.url ?? "",
    description: e?.description ?? "",
    types: (e?.event_types ?? ["*"]).join("\n"),
    payload: e?.payload ?? "raw",
    inlineLimit: e?.inline_limit ? String(e.inline_limit / 1024) : "",
    connect: e?.signatures.includes("x-pd-signature") ?? true,
    standard: e?.signatures.includes("standard-webhooks") ?? true,
    timeout: String((e?.timeout_ms ?? 10_000) / 1000),
    concurrency: String(e?.concurrency ?? 16),
    rate: e?.rate_per_second ? String(e.rate_per_second) : "",
    burst: e?.burst ? String(e.burst) : "",
    retries: e?.retries ?? true,
    waits: e?.retry_waits.join(", ") ?? "",
    ordering: e?.ordering ?? "none",
    orderingPath: e?.ordering_path ?? "",
    onExhausted: e?.on_exhausted ?? "block",
    headers: "",
    without: [],
    certificate: "",
    key: "",
    withoutCertificate: false,
  };
}

export const lines = (text: string) =>
  text
    .split(/[\n,]/)
    .map((l) => l.trim())
    .filter((l) => l !== "");

/** Why what was typed cannot be sent; the API checks all the rest. */
export function fault(d: Draft): string | undefined {
  if (!d.connect && !d.standard) return "Choose at least one signature.";
  for (const l of d.headers.split("\n")) if (l.trim() !== "" && !/^[^:\s]+:\s*\S/.test(l.trim())) return `“${l.trim()}” is no header: write a name, a colon and a value.`;
  for (const w of d.retries ? lines(d.waits) : []) if (!/^\d+$/.test(w)) return `“${w}” is no number of seconds.`;
  if (d.ordering === "field" && !d.orderingPath.trim().startsWith("/")) return "Say where in the body the field is, such as /body/customer/id.";
  if ((d.certificate.trim() === "") !== (d.key.trim() === "")) return "A client certificate needs its key, and a key its certificate.";
  return undefined;
}

/** What the API is told of a draft. */
export function bodyOf(d: Draft): Update & { url: string } {
  const headers: Record<string, string | null> = Object.fromEntries(d.without.map((n) => [n, null]));
  for (const l of d.headers.split("\n")) {
    const at = l.indexOf(":");
    if (at > 0) headers[l.slice(0, at).trim()] = l.slice(at + 1).trim();
  }
  const rate = Number(d.rate || 0);
  return {
    url: d.url.trim(),
    description: d.description.trim(),
    event_types: lines(d.types),
    payload: d.payload,
    inline_limit: Math.round(Number(d.inlineLimit || 0) * 1024),
    signatures: [...(d.connect ? (["x-pd-signature"] as const) : []), ...(d.standard ? (["standard-webhooks"] as const) : [])],
    timeout_ms: Math.round(Number(d.timeout) * 1000),
    concurrency: Number(d.concurrency),
    rate_per_second: rate,
    ...(rate > 0 && d.burst.trim() !== "" && { burst: Number(d.burst) }),
    retries: d.retries,
    ...(d.retries && { retry_waits: lines(d.waits).map(Number) }),
    ordering: d.ordering,
    ordering_path: d.ordering === "field" ? d.orderingPath.trim() : "",
    on_exhausted: d.onExhausted,
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(d.certificate.trim() !== "" && { client_certificate: { certificate: d.certificate, key: d.key } }),
    ...(d.withoutCertificate && { client_certificate: { certificate: "", key: "" } }),
  };
}

/** Why nothing is sent, in a word or two. */
export function reason(e: Endpoint): string {
  if (e.status === "paused") return "its receiver fails";
  switch (e.disabled_reason) {
    case "gone":
      return "it answered 410: it is gone";
    case "failing":
      return "nothing arrived for five days";
    case "manual":
      return "by a person";
    default:
      return "";
  }
}
