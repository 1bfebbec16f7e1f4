/** A page that the member was at. */
export interface Visit {
  path: string;
  title: string;
}

const most = 30;
const key = (member: string) => `patchbay.recent ${member}`;

/** The visits with this one in front, each page once. */
export function after(all: Visit[], v: Visit): Visit[] {
  return [v, ...all.filter((o) => o.path !== v.path)].slice(0, most);
}

export function recent(member: string): Visit[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key(member)) ?? "[]");
    return Array.isArray(kept) ? kept.filter((v): v is Visit => typeof v?.path === "string" && v.path.startsWith("/projects/") && typeof v.title === "string") : [];
  } catch {
    return [];
  }
}

/** Remembers where the member is; storage may be switched off or full, and then nothing is remembered. */
export function visit(member: string, v: Visit) {
  try {
    localStorage.setItem(key(member), JSON.stringify(after(recent(member), v)));
  } catch {
    /* see above */
  }
}

/** Nothing of the member stays for the next one at this computer. */
export function forgetVisits(member: string) {
  try {
    localStorage.removeItem(key(member));
  } catch {
    /* see above */
  }
}
