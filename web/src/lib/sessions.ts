import type { ConnectCounts, ConnectSession, ConnectStep } from "@/api/types";
import type { Tone } from "@/components/ui/badge";

type Stage = ConnectSession["reached"];

/** The stages in their order, in the words of who looks at them. */
export const stages: [Stage, string][] = [
  ["opened", "Opened the page"],
  ["picked", "Picked an app"],
  ["started", "Began"],
  ["sent", "Went to the provider"],
  ["returned", "Came back"],
  ["exchanged", "Token received"],
  ["tested", "Connection tested"],
  ["succeeded", "Connected"],
];

export const reached = (s: Stage) => stages.find(([name]) => name === s)?.[1] ?? s;

export const statuses: Record<ConnectSession["status"], { label: string; tone: Tone }> = {
  open: { label: "Under way", tone: "info" },
  succeeded: { label: "Connected", tone: "good" },
  failed: { label: "Failed", tone: "bad" },
  cancelled: { label: "Cancelled", tone: "neutral" },
  abandoned: { label: "Abandoned", tone: "warn" },
};

export interface Bar {
  stage: Stage;
  label: string;
  count: number;
  /** Of all that opened the page, 0 to 1. */
  share: number;
  /** How many of the stage before did not come here. */
  lost: number;
}

export function bars(counts: ConnectCounts): Bar[] {
  let before = counts.opened;
  return stages.map(([stage, label]) => {
    const count = counts[stage];
    const bar = { stage, label, count, share: counts.opened === 0 ? 0 : count / counts.opened, lost: Math.max(0, before - count) };
    before = count;
    return bar;
  });
}

/** The stage at which most were lost; nothing when nobody was. */
export function leak(all: Bar[]): Bar | undefined {
  return all.reduce<Bar | undefined>((worst, b) => (b.lost > (worst?.lost ?? 0) ? b : worst), undefined);
}

export const percent = (share: number) => `${Math.round(share * 100)} %`;

const words: Record<string, string> = {
  asked: "Was asked something", answered: "Answered", failed: "Failed", cancelled: "Cancelled", verification_asked: "Sent to be verified", verified: "Verified as the right user",
  verification_refused: "Not verified as the right user", shown: "Saw a screen", searched: "Searched for an app", method: "Chose a way to connect", popup_opened: "A window opened",
  popup_blocked: "The browser held the window back", popup_closed: "The window was closed", fallback: "Went on another way", field_invalid: "A field did not look right", retried: "Tried again", closed: "Closed the page",
};
const bad = ["failed", "verification_refused"];
const odd = ["cancelled", "popup_blocked", "popup_closed", "field_invalid", "fallback", "closed"];

export interface Told {
  title: string;
  kind: "good" | "warn" | "bad" | "neutral";
  screen: string;
  detail: string;
  source: ConnectStep["source"];
  at: string;
  /** Milliseconds since the step before; none before the first. */
  after?: number;
}

/** What happened in a session, step by step, with the time that each took to come. */
export function replay(steps: ConnectStep[]): Told[] {
  return steps.map((s, i) => {
    const stage = s.source === "server" ? stages.find(([name]) => name === s.name)?.[1] : undefined;
    const before = steps[i - 1];
    const kind = s.name === "succeeded" ? "good" : bad.includes(s.name) ? "bad" : odd.includes(s.name) ? "warn" : "neutral";
    const title = stage ?? (s.name === "picked" ? "Picked an app" : (words[s.name] ?? s.name.replaceAll("_", " ")));
    return { title, kind, screen: s.screen, detail: s.detail, source: s.source, at: s.created_at, ...(before && { after: Math.max(0, Date.parse(s.created_at) - Date.parse(before.created_at)) }) };
  });
}
