import { expect, it } from "vitest";
import { checklist, progress } from "./checklist";

const done = (s: Parameters<typeof checklist>[0]) => Object.fromEntries(checklist(s).map((x) => [x.key, x.done]));

it("asks for everything in an empty project", () => {
  const steps = checklist({ accounts: 0, deployedWorkflows: 0, webhook: false, clients: 0 });
  expect(steps.map((s) => s.done)).toEqual([false, false, false, false]);
  expect(progress(steps)).toEqual({ done: 0, of: 4, complete: false, known: true });
});

it("neither ticks nor asks for what is not known yet", () => {
  expect(done({ clients: 2 })).toEqual({ account: undefined, client: true, workflow: undefined, webhook: undefined });
  expect(progress(checklist({ clients: 2 }))).toMatchObject({ done: 1, complete: false, known: false });
});

it("is complete only when each step is done", () => {
  expect(progress(checklist({ accounts: 1, deployedWorkflows: 1, webhook: true, clients: 1 })).complete).toBe(true);
  expect(progress(checklist({ accounts: 1, deployedWorkflows: 0, webhook: true, clients: 1 })).complete).toBe(false);
});
