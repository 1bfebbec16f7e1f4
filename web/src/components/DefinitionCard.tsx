import { useState } from "react";
import { updateWorkflow } from "@/api/definition";
import type { Workflow } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { inOrder } from "@/lib/flow";
import { toYAML } from "@/lib/yaml";
import { Problem } from "./Async";
import { Code } from "./Copy";
import { DefinitionEditor } from "./DefinitionEditor";
import { pretty } from "./Json";
import { Button } from "./ui/button";
import { Card } from "./ui/card";
import { Tabs } from "./ui/tabs";
import { useToast } from "./ui/toast";

/** The draft, to read as YAML or JSON and to edit. Saving never touches the running version. */
export function DefinitionCard({ workflow: w, saved }: { workflow: Workflow; saved: (w: Workflow) => void }) {
  const scope = useScope();
  const toast = useToast();
  const draft = inOrder(w.draft);
  const [text, setText] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const save = async () => {
    if (text === undefined) return;
    setBusy(true);
    setError(undefined);
    try {
      const next = await updateWorkflow(scope.projectId, w.id, text);
      toast.good("Draft saved", next.draft_differs ? "Deploy it to run it." : "It is the same as the running version.");
      saved(next);
      setText(undefined);
    } catch (e) {
      setError(e as Error);
    } finally {
      setBusy(false);
    }
  };
  if (text === undefined) {
    return (
      <Card
        title={w.draft_differs && w.version > 0 ? "Definition (draft)" : "Definition"}
        actions={
          <Button size="sm" onClick={() => setText(toYAML(draft))}>
            Edit
          </Button>
        }
      >
        <Tabs
          label="Notation"
          tabs={[
            { key: "yaml", label: "YAML", content: <Code code={toYAML(draft)} what="the definition" /> },
            { key: "json", label: "JSON", content: <Code code={pretty(draft)} what="the definition" /> },
          ]}
        />
      </Card>
    );
  }
  return (
    <Card title="Edit the draft">
      {error && <Problem error={error} slim />}
      <DefinitionEditor value={text} onChange={setText} invalid={!!error} />
      <div className="mt-3 flex gap-2">
        <Button variant="primary" busy={busy} disabled={!text.trim()} onClick={() => void save()}>
          Save draft
        </Button>
        <Button
          variant="ghost"
          disabled={busy}
          onClick={() => {
            setText(undefined);
            setError(undefined);
          }}
        >
          Discard
        </Button>
      </div>
    </Card>
  );
}
