import { Fragment, useState, type ReactNode } from "react";
import { hasSingleKeys, setSingleKeys } from "@/lib/storage";
import { entries } from "../places";
import { Dialog, DialogContent } from "../ui/dialog";
import { Switch } from "../ui/field";

const apple = /Mac|iPhone|iPad/.test(navigator.userAgent);

const everywhere: [string[], string][] = [
  [[apple ? "⌘" : "Ctrl", "K"], "Search and commands"],
  [["?"], "This sheet"],
  [["/"], "To the list’s search"],
];
const lists: [string[], string][] = [
  [["j"], "Next row"],
  [["k"], "Row before"],
  [["Enter"], "Open the row"],
  [["c"], "Copy the row’s id"],
];

/** Every key that does something. */
export function KeyHelp({ close }: { close: () => void }) {
  const [on, setOn] = useState(hasSingleKeys);
  return (
    <Dialog open onOpenChange={(o) => !o && close()}>
      <DialogContent title="Keyboard" className="max-w-2xl">
        <div className="grid gap-x-8 gap-y-4 sm:grid-cols-2">
          <div className="space-y-4">
            <Keys title="Everywhere" keys={everywhere} />
            <Keys title="In a list" keys={lists} />
          </div>
          <Keys title="Go to a page" keys={entries.flatMap((e): [string[], string][] => (e.key ? [[["g", e.key], e.label]] : []))} />
        </div>
        <div className="mt-5 border-t border-line pt-4">
          <Switch
            label="Keys of one letter"
            hint="Off, only the search is opened by the keyboard. Kept in this browser."
            checked={on}
            onChange={(o) => {
              setSingleKeys(o);
              setOn(o);
            }}
          />
        </div>
      </DialogContent>
    </Dialog>
  );
}

function Keys({ title, keys }: { title: string; keys: [string[], ReactNode][] }) {
  return (
    <section>
      <h3 className="mb-1.5 font-medium">{title}</h3>
      <dl className="space-y-1">
        {keys.map(([each, what]) => (
          <div key={each.join(" ")} className="flex items-center justify-between gap-4">
            <dt className="text-muted">{what}</dt>
            <dd className="flex shrink-0 items-center gap-1 text-xs text-muted">
              {each.map((k, i) => (
                <Fragment key={k}>
                  {i > 0 && <span>{each[0] === "g" ? "then" : "+"}</span>}
                  <kbd className="min-w-6 rounded border border-line-strong/60 bg-sunken px-1.5 py-0.5 text-center font-sans text-text">{k}</kbd>
                </Fragment>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
