import { useState, type ReactNode } from "react";
import { ApiError } from "@/api/client";
import { Dialog, DialogContent, DialogTrigger } from "./ui/dialog";
import { Field, Input } from "./ui/field";
import { Form, FormActions, useSubmit } from "./ui/form";
import { useToast } from "./ui/toast";

interface Props {
  trigger: ReactNode;
  title: string;
  /** What will be gone, in full. */
  text: ReactNode;
  /** The word on the button: a verb and its object. */
  action: string;
  /** When set, it has to be typed: for what takes more than itself along. */
  typed?: string;
  /** What that is. */
  typedAs?: "id" | "name";
  done: string;
  /** For an act that ends nothing for good. */
  mild?: boolean;
  /** For what everybody does with what is theirs. */
  own?: boolean;
  /** What the API refuses with this code at first, and does when it is told to: the word on the button then. */
  insist?: { code: string; action: string };
  act: (force: boolean) => Promise<unknown>;
  after?: () => void;
}

/** Asks before an act that cannot be taken back, and stays open with the reason when it fails. */
export function Confirm({ trigger, title, text, action, typed, typedAs = "id", done, mild, own, insist, act, after }: Props) {
  const [open, setOpen] = useState(false);
  const [text2, setText2] = useState("");
  const [force, setForce] = useState(false);
  const toast = useToast();
  const ready = typed === undefined || text2 === typed;
  const { busy, error, forget, form } = useSubmit(async () => {
    if (!ready) return;
    try {
      await act(force);
    } catch (e) {
      setForce(insist !== undefined && e instanceof ApiError && e.code === insist.code);
      throw e;
    }
    setOpen(false);
    toast.good(done);
    after?.();
  });

  const change = (to: boolean) => {
    if (busy) return;
    setOpen(to);
    setText2("");
    setForce(false);
    forget();
  };
  return (
    <Dialog open={open} onOpenChange={change}>
      <DialogTrigger asChild>{trigger}</DialogTrigger>
      <DialogContent role="alertdialog" title={title} description={text}>
        <Form of={form} own={own} className="space-y-3">
          {typed !== undefined && (
            <Field name="confirm" label={`Type the ${typedAs} to confirm`} hint={<code className="break-all select-all">{typed}</code>}>
              {(ids) => <Input {...ids} value={text2} onChange={(e) => setText2(e.target.value)} autoComplete="off" spellCheck={false} className="font-mono" />}
            </Field>
          )}
          <FormActions error={error} action={force && insist ? insist.action : action} variant={mild && !force ? "primary" : "danger"} busy={busy} disabled={!ready} />
        </Form>
      </DialogContent>
    </Dialog>
  );
}
