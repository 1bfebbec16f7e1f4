import type { Schemas } from "@/api/types";

export type Bucket = Schemas["StatisticsBucket"];
export type Statistics = Schemas["Statistics"];
export type PeriodKey = "24h" | "7d" | "30d";

export const periodWords: Record<PeriodKey, string> = { "24h": "24 hours", "7d": "7 days", "30d": "30 days" };
export const periodOf = (v: string | undefined): PeriodKey => (v === "7d" || v === "30d" ? v : "24h");

export interface Sum {
  good: number;
  bad: number;
  other: number;
  all: number;
  /** Whether there were more than are counted. */
  more: boolean;
  /** Of those that ended; undefined when none did. */
  share: number | undefined;
}

export function sum(buckets: Bucket[]): Sum {
  const s = buckets.reduce((t, b) => ({ good: t.good + b.good, bad: t.bad + b.bad, other: t.other + b.other, more: t.more || !b.whole }), { good: 0, bad: 0, other: 0, more: false });
  const ended = s.good + s.bad;
  return { ...s, all: ended + s.other, share: ended > 0 ? s.good / ended : undefined };
}

/** A share in words that does not say all is well when it is not. */
export function percent(share: number): string {
  if (share === 1 || share === 0) return `${share * 100} %`;
  return `${Math.min(99.9, Math.max(0.1, Math.round(share * 1000) / 10))} %`;
}

/** When a bucket is, in the reader's time. */
export function bucketName(start: string, period: PeriodKey): string {
  const at = new Date(start);
  if (period === "24h") return at.toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", hour12: false });
  return at.toLocaleString("en", { month: "short", day: "numeric", ...(period === "7d" && { hour: "2-digit", hour12: false }) });
}

/** Columns for a chart that draws one series over the next: all of it, then without what is neither, then the good alone. */
export function stacked(buckets: Bucket[]): [times: number[], all: number[], ended: number[], good: number[]] {
  return [buckets.map((b) => Date.parse(b.start) / 1000), buckets.map((b) => b.good + b.bad + b.other), buckets.map((b) => b.good + b.bad), buckets.map((b) => b.good)];
}
