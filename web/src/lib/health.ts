import type { AccountHealth } from "@/api/types";

type Change = AccountHealth["history"][number];
type Attempt = AccountHealth["attempts"][number];

/** One thing that happened to an account. */
export interface Moment {
  kind: "good" | "warn" | "bad" | "neutral";
  title: string;
  text?: string;
  /** The provider's own answer: HTTP status and code. */
  answer?: string;
  at: string;
  /** When the first of several began that are told as one. */
  from?: string;
}

const failures: Record<string, string> = {
  transient: "The provider did not answer, or answered that it has a problem.",
  ambiguous: "The answer did not arrive, so that nobody knows whether a new token was given.",
  throttled: "The provider asks for fewer requests.",
  malformed: "The answer was no token.",
  reauth: "The provider no longer accepts the connection.",
  client_config: "The provider does not accept the OAuth client.",
  scope_lost: "The provider no longer grants what the connection asks for.",
  blocked_by_policy: "A rule of the user's organisation forbids it.",
  error: "The request could not be made.",
};

function ofChange(c: Change): Moment {
  switch (c.state) {
    case "healthy":
      return { kind: "good", title: "Healthy again", at: c.created_at };
    case "degraded":
      return { kind: "warn", title: "Became degraded", text: c.error ?? undefined, at: c.created_at };
    case "dead":
      return { kind: "bad", title: "Died", text: c.error ?? undefined, at: c.created_at };
  }
}

function ofAttempt(a: Attempt): Moment {
  const answer = [a.http_status && `HTTP ${a.http_status}`, a.provider_code].filter(Boolean).join(" · ") || undefined;
  switch (a.outcome) {
    case "ok":
      return { kind: "good", title: "Refreshed", at: a.started_at };
    case "running":
      return { kind: "neutral", title: "Refreshing now", at: a.started_at };
    case "fenced":
      return { kind: "neutral", title: "A refresh was not needed", text: "Another token had come meanwhile.", at: a.started_at };
    case "abandoned":
      return { kind: "neutral", title: "A refresh broke off", text: "The process that made it stopped. Another one took over.", at: a.started_at };
    default:
      return { kind: "neutral", title: "A refresh failed", text: failures[a.outcome] ?? a.outcome.replaceAll("_", " "), answer, at: a.started_at };
  }
}

/**
 * What happened to an account, newest first. Refreshes in a row that went the same way are told as one, so that what
 * broke the row is seen.
 */
export function timeline(health: AccountHealth): Moment[] {
  // A change follows from the refresh before it, so of two at the same moment it comes first.
  const all = [...health.history.map(ofChange), ...health.attempts.map(ofAttempt)].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  const out: (Moment & { count: number })[] = [];
  for (const m of all) {
    const last = out.at(-1);
    if (last && last.title === m.title && last.text === m.text && last.answer === m.answer) {
      last.count += 1;
      last.from = m.at;
    } else {
      out.push({ ...m, count: 1 });
    }
  }
  return out.map(({ count, ...m }) => (count > 1 ? { ...m, title: m.title.startsWith("A refresh ") ? `${count} refreshes ${m.title.slice("A refresh ".length).replace("was ", "were ")}` : `${m.title} ${count} times` } : m));
}
