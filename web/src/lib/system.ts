import type { System } from "@/api/session";
import { duration } from "./time";

type Work = System["work"][number];

const waited = (w: Work, now: Date) => (w.due > 0 && w.oldest_at ? Math.max(0, now.getTime() - new Date(w.oldest_at).getTime()) / 1000 : 0);

/** How late the first of it is: a minute is soon made good, ten are not. */
export function lateness(w: Work, now: Date): "good" | "warn" | "bad" {
  const seconds = waited(w, now);
  return seconds < 60 ? "good" : seconds < 600 ? "warn" : "bad";
}

/** How long the first of it has waited, in words. */
export const age = (w: Work, now: Date) => duration(Math.max(1, Math.round(waited(w, now))) * 1000);

/** The part of a bar, in per cent: by the logarithm, so that one beside a thousand is seen. */
export const share = (n: number, most: number) => (n <= 0 ? 0 : Math.max(2, Math.round((Math.log1p(n) / Math.log1p(Math.max(most, 10))) * 100)));
