import { useState } from "react";
import { api, data } from "@/api/client";
import type { Client } from "@/api/types";
import { covers, scopes, slim } from "@/lib/scopes";
import { Button } from "./ui/button";
import { Dialog, DialogActions, DialogClose, DialogContent } from "./ui/dialog";
import { Checkbox, Field, Input } from "./ui/field";
import { explain } from "./ui/toast";

interface Props {
  open: boolean;
  setOpen: (o: boolean) => void;
  made: (c: Client) => void;
}

export function NewClient({ open, setOpen, made }: Props) {
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<string[]>(["*"]);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const change = (o: boolean) => {
    setOpen(o);
    setError(undefined);
    if (o) {
      setName("");
      setChosen(["*"]);
    }
  };
  const create = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const c = await data(api.POST("/clients", { body: { name: name.trim(), scopes: chosen } }));
      setOpen(false);
      setName("");
      setChosen(["*"]);
      made(c);
    } catch (e) {
      setError(explain(e));
    } finally {
      setBusy(false);
    }
  };
  const toggle = (scope: string) => (on: boolean) => setChosen((all) => slim(on ? [...all, scope] : all.filter((s) => s !== scope)));
  return (
    <Dialog open={open} onOpenChange={change}>
      <DialogContent title="New API client" className="max-w-xl">
        <form
          className="space-y-4"
          onSubmit={(e) => {
            e.preventDefault();
            void create();
          }}
        >
          <Field label="Name" hint="Where it is used, for example “backend, production”.">
            {(ids) => <Input {...ids} value={name} onChange={(e) => setName(e.target.value)} required maxLength={120} autoComplete="off" />}
          </Field>
          <fieldset>
            <legend className="mb-1 font-medium">
              Scopes <span className="font-normal text-muted">({chosen.length === 0 ? "choose at least one" : chosen.join(", ")})</span>
            </legend>
            <div className="max-h-64 space-y-3 overflow-y-auto rounded-md border border-line p-3">
              {scopes.map((g) => (
                <div key={g.group} role="group" aria-label={g.group}>
                  <div className="mb-1 text-xs text-muted">{g.group}</div>
                  <div className="grid gap-1.5 sm:grid-cols-2">
                    {g.scopes.map(([scope, text]) => {
                      const covered = chosen.some((w) => covers(w, scope));
                      return <Checkbox key={scope} label={scope} hint={text} checked={covered || chosen.includes(scope)} disabled={covered} onChange={toggle(scope)} />;
                    })}
                  </div>
                </div>
              ))}
            </div>
          </fieldset>
          {error && (
            <p role="alert" className="text-bad">
              {error}
            </p>
          )}
          <DialogActions>
            <DialogClose asChild>
              <Button>Cancel</Button>
            </DialogClose>
            <Button type="submit" variant="primary" busy={busy} disabled={!name.trim() || chosen.length === 0}>
              Create client
            </Button>
          </DialogActions>
        </form>
      </DialogContent>
    </Dialog>
  );
}
