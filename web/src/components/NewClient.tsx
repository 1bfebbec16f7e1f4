import { useState } from "react";
import { api, data } from "@/api/client";
import type { Client } from "@/api/types";
import { covers, scopes, slim } from "@/lib/scopes";
import { Dialog, DialogContent } from "./ui/dialog";
import { Checkbox, Field, Input } from "./ui/field";
import { FormActions, FormError, useSubmit } from "./ui/form";

interface Props {
  open: boolean;
  setOpen: (o: boolean) => void;
  made: (c: Client) => void;
}

export function NewClient({ open, setOpen, made }: Props) {
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<string[]>(["*"]);
  const { busy, error, forget, onSubmit } = useSubmit(async () => {
    const c = await data(api.POST("/clients", { body: { name: name.trim(), scopes: chosen } }));
    setOpen(false);
    setName("");
    setChosen(["*"]);
    made(c);
  });
  const change = (o: boolean) => {
    setOpen(o);
    forget();
    if (o) {
      setName("");
      setChosen(["*"]);
    }
  };
  const toggle = (scope: string) => (on: boolean) => setChosen((all) => slim(on ? [...all, scope] : all.filter((s) => s !== scope)));
  return (
    <Dialog open={open} onOpenChange={change}>
      <DialogContent title="New API client" className="max-w-xl">
        <form className="space-y-4" onSubmit={onSubmit}>
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
          <FormError error={error} />
          <FormActions action="Create client" busy={busy} disabled={!name.trim() || chosen.length === 0} />
        </form>
      </DialogContent>
    </Dialog>
  );
}
