import type { RunStep } from "@/api/types";

/** The steps of a run as a tree, as their paths say: each[3]/send is in item 3 of each, both/left/get in the branch left. */
export interface RunNode {
  key: string;
  label: string;
  /** Absent of what only holds others: an item, or a branch. */
  step?: RunStep;
  item?: true;
  children: RunNode[];
}

export function runTree(steps: RunStep[]): RunNode[] {
  const root: RunNode = { key: "", label: "", children: [] };
  const known = new Map<string, RunNode>();
  const reach = (parent: RunNode, key: string, label: string, item?: true): RunNode => {
    let node = known.get(key);
    if (!node) {
      node = { key, label, children: [], ...(item && { item }) };
      known.set(key, node);
      parent.children.push(node);
    }
    return node;
  };
  for (const step of steps) {
    let at = root;
    let key = "";
    for (const part of step.path.split("/")) {
      const [, name = part, index] = /^(.*?)(?:\[(\d+)\])?$/.exec(part) ?? [];
      key = key ? `${key}/${name}` : name;
      at = reach(at, key, name);
      if (index !== undefined) {
        key = `${key}[${index}]`;
        at = reach(at, key, `item ${index}`, true);
      }
    }
    at.step = step;
  }
  const begun = (n: RunNode): number => (n.step?.started_at ? Date.parse(n.step.started_at) : Math.min(Infinity, ...n.children.map(begun)));
  const sort = (n: RunNode): RunNode => {
    // Items stay in their order; of equals the order in which they came.
    const children = n.children.map(sort);
    return { ...n, children: children.some((c) => c.item) ? children.sort((a, b) => Number(a.label.slice(5)) - Number(b.label.slice(5))) : children.sort((a, b) => begun(a) - begun(b) || 0) };
  };
  return sort(root).children;
}

const worst = ["failed", "running", "waiting", "canceled", "ended_early", "succeeded", "skipped", "pending"];

/** The status of a node: its own, or the most telling of those in it. */
export function statusOf(n: RunNode): RunStep["status"] {
  if (n.step) return n.step.status;
  const all = n.children.map(statusOf);
  return (worst.find((w) => all.includes(w as never)) ?? "pending") as RunStep["status"];
}

export interface RunRow {
  node: RunNode;
  depth: number;
  /** How many are folded away below it, and how many of these failed. */
  folded?: { count: number; failed: number };
}

const most = 8;

/** What is drawn of a tree: of a block with many items those that failed or are under way, and the others when it is opened. */
export function runRows(nodes: RunNode[], open: ReadonlySet<string>, depth = 0): RunRow[] {
  return nodes.flatMap((node): RunRow[] => {
    const items = node.children.filter((c) => c.item);
    if (items.length <= most || open.has(node.key)) return [{ node, depth }, ...runRows(node.children, open, depth + 1)];
    const telling = items.filter((c) => ["failed", "running", "waiting"].includes(statusOf(c))).slice(0, most);
    const rest = items.length - telling.length;
    return [{ node, depth, folded: { count: rest, failed: items.filter((c) => statusOf(c) === "failed").length } }, ...runRows(telling, open, depth + 1)];
  });
}
