/** What the API says about a project; undefined while it is not known. */
export interface SetUp {
  accounts?: number;
  deployedWorkflows?: number;
  webhook?: boolean;
  clients?: number;
}

export type StepKey = "account" | "workflow" | "webhook" | "client";

export interface CheckStep {
  key: StepKey;
  title: string;
  text: string;
  /** undefined while it is not known: neither ticked nor asked for. */
  done: boolean | undefined;
}

const some = (n: number | undefined) => (n === undefined ? undefined : n > 0);

/** The way from an empty project to a working one, in the order in which a builder needs it. */
export function checklist(s: SetUp): CheckStep[] {
  return [
    { key: "account", title: "Connect a test account", text: "Go through the page your users will see, and watch the account appear.", done: some(s.accounts) },
    { key: "client", title: "Create an API client", text: "Your server signs in with its id and secret.", done: some(s.clients) },
    { key: "workflow", title: "Deploy a workflow", text: "Steps that run with the connected account of the user who calls.", done: some(s.deployedWorkflows) },
    { key: "webhook", title: "Set a webhook", text: "Hear at once what your users’ triggers emit.", done: s.webhook },
  ];
}

export function progress(steps: CheckStep[]): { done: number; of: number; complete: boolean; known: boolean } {
  const done = steps.filter((s) => s.done === true).length;
  return { done, of: steps.length, complete: done === steps.length, known: steps.every((s) => s.done !== undefined) };
}
