import type { Schemas } from "@/api/types";

export type Alias = Schemas["AccountAlias"];

/** A name by which workflows know an account, whether it stands for one or not. */
export interface NamedAccount {
  alias: string;
  /** The app that it has to be of, as the workflows say that use it. */
  app: string;
  /** What it is for, as one of them says. */
  about: string;
  /** Undefined: it stands for none in this environment, and steps that need it fail. */
  set: Alias | undefined;
  uses: { workflow_id: string; name: string }[];
}

interface Drafted {
  id: string;
  name: string;
  draft: unknown;
}

/** The aliases that there are, and those that workflows ask for: first those that are missing. */
export function namedAccounts(aliases: Alias[], workflows: Drafted[]): NamedAccount[] {
  const all = new Map<string, NamedAccount>(aliases.map((a) => [a.alias, { alias: a.alias, app: a.app, about: "", set: a, uses: [] }]));
  for (const w of workflows) {
    const asked = (w.draft as { accounts?: Record<string, { app?: string; description?: string }> } | null)?.accounts ?? {};
    for (const [alias, need] of Object.entries(asked)) {
      const of = all.get(alias) ?? { alias, app: need.app ?? "", about: "", set: undefined, uses: [] };
      of.about ||= need.description ?? "";
      of.uses.push({ workflow_id: w.id, name: w.name });
      all.set(alias, of);
    }
  }
  return [...all.values()].sort((a, b) => Number(Boolean(a.set)) - Number(Boolean(b.set)) || a.alias.localeCompare(b.alias));
}

/** Whether the account is of another app than the workflows ask for. */
export const mismatch = (n: NamedAccount, workflows: Drafted[]): string | undefined => {
  const wanted = workflows.flatMap((w) => (w.draft as { accounts?: Record<string, { app?: string }> } | null)?.accounts?.[n.alias]?.app ?? []);
  return n.set && wanted.find((app) => app !== n.set?.app);
};
