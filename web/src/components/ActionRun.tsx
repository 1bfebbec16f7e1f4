import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { runAction } from "@/api/components";
import type { ActionOutcome, Component } from "@/api/types";
import { effectOf } from "@/lib/components";
import { useDraft } from "@/lib/drafts";
import { useFilters, useScope } from "@/lib/hooks";
import { ComponentForm, type Configured } from "./ComponentForm";
import { Button } from "./ui/button";
import { Card } from "./ui/card";
import { Dialog, DialogActions, DialogContent } from "./ui/dialog";
import { UserField } from "./UserField";

export interface Ran {
  outcome: ActionOutcome;
  tookMs: number;
}

interface Props {
  component: Component;
  /** What it was run with, as far as it is known; for the code that does the same. */
  onFilled: (configured: Partial<Configured>) => void;
  onRun: (ran: Ran | undefined) => void;
}

/** Runs an action with a user's account. What fails on the way is an outcome; what did not begin is said in the form. */
export function ActionRun({ component: c, onFilled, onRun }: Props) {
  const scope = useScope();
  const queries = useQueryClient();
  const [{ user = "" }, setFilters] = useFilters();
  const [values, setValues] = useDraft(scope, c);
  const { ask, question } = useQuestion();
  const destroys = effectOf(c) === "destroys";

  const run = async (configured: Configured) => {
    onFilled(configured);
    if (destroys && !(await ask())) return;
    onRun(undefined);
    const began = performance.now();
    const outcome = await runAction(scope, { id: c.key, version: c.version, external_user_id: user, configured_props: configured.configuredProps, dynamic_props_id: configured.dynamicPropsId });
    onRun({ outcome, tookMs: performance.now() - began });
    for (const key of ["requests", "action_runs"]) void queries.invalidateQueries({ queryKey: [key] });
  };
  return (
    <Card title="Run it" text={scope.environment === "production" ? "In production, with a user’s own account: what it does in the app, it does for real." : "With a user’s account in development: what it does in the app, it does for real."}>
      <div className="space-y-4">
        <UserField value={user} onChange={(u) => setFilters({ user: u })} hint="In whose name it runs." />
        {user ? (
          <ComponentForm
            key={user}
            component={c}
            user={user}
            values={values}
            onChange={(v) => {
              setValues(v);
              onFilled({ configuredProps: v });
            }}
            onSubmit={run}
            submitLabel="Run"
          />
        ) : (
          <p className="text-muted">Choose a user first: the form offers what their account has.</p>
        )}
      </div>
      {question}
    </Card>
  );
}

/** Asks before what cannot be taken back. */
function useQuestion() {
  const [open, setOpen] = useState(false);
  const answer = useRef<(yes: boolean) => void>(() => {});
  const ask = () =>
    new Promise<boolean>((resolve) => {
      answer.current = resolve;
      setOpen(true);
    });
  const end = (yes: boolean) => {
    setOpen(false);
    answer.current(yes);
  };
  const question = (
    <Dialog open={open} onOpenChange={(o) => !o && end(false)}>
      <DialogContent role="alertdialog" title="Run it?" description="It deletes or overwrites what is there in the user’s account. That cannot be taken back.">
        <DialogActions>
          <Button onClick={() => end(false)}>Cancel</Button>
          <Button variant="danger" onClick={() => end(true)}>
            Run it
          </Button>
        </DialogActions>
      </DialogContent>
    </Dialog>
  );
  return { ask, question };
}
