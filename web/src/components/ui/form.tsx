import { useState, type FormEvent } from "react";
import { ApiError } from "@/api/client";
import { Button } from "./button";
import { DialogActions, DialogClose } from "./dialog";
import { explain } from "./toast";

/**
 * What a form does when it is sent: whether that is under way, and why it failed. It is not begun twice at a time.
 * `fields` are the form's own, each with the codes of the refusals that concern it: `at` gives a field's sentence, and
 * `error` what concerns none of them.
 */
export function useSubmit<F extends string = never>(act: () => Promise<unknown>, fields?: Record<F, readonly string[]>) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const field = fields && fieldOf(failure, fields);
  const submit = async () => {
    if (busy) return;
    setBusy(true);
    setFailure(undefined);
    try {
      await act();
    } catch (e) {
      setFailure(e);
    } finally {
      setBusy(false);
    }
  };
  const onSubmit = (e: FormEvent) => {
    e.preventDefault();
    void submit();
  };
  const at = (name: F) => (field === name ? explain(failure) : undefined);
  return { busy, error: field ? undefined : explain(failure), at, forget: () => setFailure(undefined), onSubmit };
}

/** Which of a form's fields a refusal concerns: the API names it in the details, or its code says it. */
export function fieldOf<F extends string>(failure: unknown, fields: Record<F, readonly string[]>): F | undefined {
  if (!(failure instanceof ApiError)) return undefined;
  const named = failure.details.field;
  const all = Object.keys(fields) as F[];
  return all.find((f) => f === named) ?? all.find((f) => fields[f].includes(failure.code));
}

/** Why a form was refused; nothing when it was not. */
export function FormError({ error }: { error: string | undefined }) {
  if (!error) return null;
  return (
    <p role="alert" className="text-bad">
      {error}
    </p>
  );
}

interface End {
  action: string;
  busy: boolean;
  disabled: boolean;
  /** Why it was refused, where that is not said at a field. */
  error?: string;
  variant?: "primary" | "danger";
}

/** The end of a form in a dialog: why it was refused, away with it, or on with it. */
export function FormActions({ action, busy, disabled, error, variant = "primary" }: End) {
  return (
    <>
      <FormError error={error} />
      <DialogActions>
        <DialogClose asChild>
          <Button>Cancel</Button>
        </DialogClose>
        <Button type="submit" variant={variant} busy={busy} disabled={disabled}>
          {action}
        </Button>
      </DialogActions>
    </>
  );
}
