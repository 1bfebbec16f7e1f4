import { useState, type FormEvent } from "react";
import { ApiError } from "@/api/client";
import { Button } from "./button";
import { DialogActions, DialogClose } from "./dialog";
import { explain } from "./toast";

/** What a form does when it is sent: whether that is under way, and why it failed. It is not begun twice at a time. */
export function useSubmit(act: () => Promise<unknown>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const [code, setCode] = useState<string>();
  const submit = async () => {
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await act();
    } catch (e) {
      setError(explain(e));
      setCode(e instanceof ApiError ? e.code : undefined);
    } finally {
      setBusy(false);
    }
  };
  const onSubmit = (e: FormEvent) => {
    e.preventDefault();
    void submit();
  };
  /** Why, where it is about one field: one of the codes by which the API refuses it. */
  const about = (...codes: string[]) => (error !== undefined && code !== undefined && codes.includes(code) ? error : undefined);
  return { busy, error, about, forget: () => setError(undefined), onSubmit };
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

/** The end of a form in a dialog: away with it, or on with it. */
export function FormActions({ action, busy, disabled, variant = "primary" }: { action: string; busy: boolean; disabled: boolean; variant?: "primary" | "danger" }) {
  return (
    <DialogActions>
      <DialogClose asChild>
        <Button>Cancel</Button>
      </DialogClose>
      <Button type="submit" variant={variant} busy={busy} disabled={disabled}>
        {action}
      </Button>
    </DialogActions>
  );
}
