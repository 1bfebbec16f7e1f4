/** Whether one scope grants another already: "connect:*" covers "connect:users:read". */
export function covers(wide: string, narrow: string): boolean {
  if (wide === narrow) return false;
  return wide === "*" || (wide.endsWith(":*") && narrow.startsWith(wide.slice(0, -1)));
}

/** The choice without what another choice grants already. */
export function slim(chosen: string[]): string[] {
  return chosen.filter((s) => !chosen.some((w) => covers(w, s)));
}
