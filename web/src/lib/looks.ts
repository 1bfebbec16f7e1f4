import type { TriggerLook } from "@/api/types";

/** Why something that was found is no event, in words that go on from a number: "3 were seen before". */
const reasons: Record<TriggerLook["dropped"][number]["reason"], [one: string, many: string]> = {
  seen_before: ["was seen before", "were seen before"],
  first_look: ["was there before it was deployed", "were there before it was deployed"],
  not_meant: ["is not what it listens for", "are not what it listens for"],
  filter: ["was dropped by its condition", "were dropped by its condition"],
  bad_signature: ["was not signed as it has to be", "were not signed as they have to be"],
  too_much_waits: ["came while too much waited", "came while too much waited"],
  beyond_reach: ["or more was lost: more was new than one look takes", "or more were lost: more was new than one look takes"],
  unreadable: ["could not be read", "could not be read"],
};

export const dropText = (d: TriggerLook["dropped"][number]): string => `${d.count.toLocaleString("en")} ${reasons[d.reason]?.[d.count === 1 ? 0 : 1] ?? d.reason}`;

export const kindText: Record<TriggerLook["kind"], string> = { time: "Looked", request: "Was called", change: "Was deployed or changed", renewal: "Renewed what it has at the app" };

/** What came of a look in a few words. */
export function lookText(l: TriggerLook): string {
  if (l.error && l.found === 0) return "It failed";
  if (l.kind === "renewal") return "It was done";
  if (l.unchanged) return "Nothing has changed, the app says";
  if (l.found === 0) return "Nothing was there";
  const emitted = l.new === 0 ? "none was new" : l.new === 1 ? "one event" : `${l.new.toLocaleString("en")} events`;
  return `${l.error ? "It failed after " : ""}${l.found.toLocaleString("en")} found, ${emitted}`;
}
