import { useEffect, useRef, useState } from "react";
import { writtenPath } from "@/lib/flow/faults";
import { inOrder } from "@/lib/flow/order";
import type { Doc } from "@/lib/flow/tree";
import { fromYAML, toYAML, YAMLError } from "@/lib/yaml";
import { DefinitionEditor } from "../DefinitionEditor";
import type { Flow } from "./useFlow";

interface Props {
  flow: Flow;
  /** The text as it was left, which holds as long as the document is the one it was written for. */
  written: Written | undefined;
  onWritten: (w: Written) => void;
}

export interface Written {
  text: string;
  doc: Doc;
  /** It cannot be read, so that it is not what is drawn. */
  broken: boolean;
}

const isDoc = (v: unknown): v is Doc => typeof v === "object" && v !== null && Array.isArray((v as Doc).steps) && (v as Doc).steps.every((s) => typeof s === "object" && s !== null && typeof s.name === "string" && typeof s.type === "string");

/** The definition as text. What is written here is drawn there as soon as it can be read, and the other way round. */
export function YamlTab({ flow, written, onWritten }: Props) {
  const [text, setText] = useState(() => (written?.doc === flow.doc ? written.text : toYAML(inOrder(flow.doc))));
  const [wrong, setWrong] = useState<{ message: string; line?: number }>();
  const [goTo, setGoTo] = useState<{ line: number; at: number }>();
  const read = useRef<Doc>(flow.doc);
  const newest = useRef(0);

  // A change from elsewhere, such as undo, is written anew.
  useEffect(() => {
    if (flow.doc === read.current) return;
    read.current = flow.doc;
    setText(toYAML(inOrder(flow.doc)));
    setWrong(undefined);
  }, [flow.doc]);

  const change = async (next: string) => {
    setText(next);
    const turn = ++newest.current;
    try {
      const doc = await fromYAML(next);
      if (turn !== newest.current) return;
      if (!isDoc(doc)) throw new YAMLError("a workflow has a name and a list of steps, each with its name and type", 1);
      read.current = doc;
      setWrong(undefined);
      flow.edit(doc, { word: "yaml" });
      onWritten({ text: next, doc, broken: false });
    } catch (e) {
      if (turn !== newest.current) return;
      setWrong({ message: (e as Error).message, line: e instanceof YAMLError ? e.line : undefined });
      onWritten({ text: next, doc: read.current, broken: true });
    }
  };
  const faults = [...(wrong ? [wrong] : []), ...(wrong ? [] : flow.faults).map((f) => ({ line: f.line, message: `${writtenPath(f.path)}${f.path.length > 0 ? ": " : ""}${f.message}` }))];
  return (
    <div className="space-y-2">
      <DefinitionEditor value={text} onChange={(t) => void change(t)} invalid={faults.length > 0} wrong={new Set(faults.flatMap((f) => (f.line ? [f.line] : [])))} goTo={goTo} hint="YAML or JSON. What can be read is drawn under Build at once." />
      {faults.length > 0 && (
        <ul role="alert" className="space-y-1 rounded-md border border-bad/30 bg-bad-soft px-3 py-2">
          {faults.map((f) => (
            <li key={f.message} className="break-words">
              {f.line ? (
                <button type="button" className="text-left hover:underline underline-offset-4" onClick={() => setGoTo({ line: f.line!, at: Date.now() })}>
                  Line {f.line}: {f.message.replace(/^Line \d+: /, "")}
                </button>
              ) : (
                f.message
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
