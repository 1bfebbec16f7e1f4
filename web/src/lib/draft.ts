import { useState } from "react";
import { equal } from "./conflict";

/**
 * What a form makes of what is there. Until it is touched it follows that; from then on it stays, whatever is read
 * meanwhile, and `first` is what it began with. `take` begins anew.
 */
export function useDraft<T, D extends object>(there: T, fill: (there: T) => D) {
  const [first, setFirst] = useState(there);
  const [draft, setDraft] = useState(() => fill(there));
  const take = (now: T) => {
    setFirst(now);
    setDraft(fill(now));
  };
  if (first !== there && equal(draft, fill(first))) take(there);
  return { draft, set: (by: Partial<D>) => setDraft((d) => ({ ...d, ...by })), first, take };
}
