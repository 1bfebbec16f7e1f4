import { createContext, useContext, useEffect, useId, useRef, useState, type ComponentProps, type FormEvent, type ReactNode } from "react";
import { createPortal } from "react-dom";
import { ApiError } from "@/api/client";
import { cn } from "@/lib/cn";
import { concerns as named } from "@/lib/concerns";
import { Button } from "./button";
import { DialogActions, DialogClose } from "./dialog";
import { LookOnly } from "./lookOnly";
import { explain } from "./toast";

/** How a form was refused, and the names of the fields that it shows: a refusal of one of them is said there. */
interface Refusal {
  failure: unknown;
  shown: Set<string>;
}

const RefusalContext = createContext<Refusal | null>(null);

/**
 * What a form does when it is sent: whether that is under way, and why it failed. It is not begun twice at a time.
 * `form` is for Form; `error` is what concerns none of its fields.
 */
export function useSubmit(act: () => Promise<unknown>) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const shown = useRef(new Set<string>()).current;
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
    e.stopPropagation(); // a dialog over a form is in it for React
    void submit();
  };
  const error = [...shown].some((names) => concerns(failure, names)) ? undefined : explain(failure);
  return { busy, error, forget: () => setFailure(undefined), form: { onSubmit, refusal: { failure, shown } } };
}

/** Where the way out of a form stands that cannot be sent: beside what is switched off. */
const Foot = createContext<HTMLElement | null>(null);

interface FormProps extends Omit<ComponentProps<"form">, "onSubmit"> {
  of: ReturnType<typeof useSubmit>["form"];
  /** For what is everybody's own to send, also of who may only look. */
  own?: boolean;
}

/** A form whose fields say themselves what the API has against them. Who may not send it reads it, and why. */
export function Form({ of, own, className, children, ...rest }: FormProps) {
  const why = useContext(LookOnly);
  const [foot, setFoot] = useState<HTMLElement | null>(null);
  if (why && !own) {
    return (
      <form onSubmit={(e) => e.preventDefault()} {...rest}>
        <LookOnlyNote>{why}</LookOnlyNote>
        <Foot.Provider value={foot}>
          <fieldset disabled className={cn("min-w-0 border-0 p-0", className)}>
            {children}
          </fieldset>
        </Foot.Provider>
        <div ref={setFoot} />
      </form>
    );
  }
  return (
    <RefusalContext.Provider value={of.refusal}>
      <form onSubmit={of.onSubmit} className={className} {...rest}>
        {children}
      </form>
    </RefusalContext.Provider>
  );
}

export function LookOnlyNote({ children }: { children: ReactNode }) {
  return (
    <p role="note" className="mb-4 rounded-md border border-line bg-surface px-3 py-2 text-muted">
      {children}
    </p>
  );
}

/** Whether a refusal concerns a field. */
export const concerns = (failure: unknown, names: string) => failure instanceof ApiError && named(failure.details.field, names);

/** What the API has against a field of the form around it. Who has filled it in is brought there. */
export function useRefusal(names: string | undefined, id: string): string | undefined {
  const refusal = useContext(RefusalContext);
  const shown = names ? refusal?.shown : undefined;
  useEffect(() => {
    if (!shown || !names) return;
    shown.add(names);
    return () => void shown.delete(names);
  }, [shown, names]);
  const failure = names && concerns(refusal?.failure, names) ? refusal?.failure : undefined;
  useEffect(() => {
    if (!failure) return;
    const field = document.getElementById(id);
    for (let at = field?.closest("details"); at; at = at.parentElement?.closest("details")) at.open = true;
    field?.focus();
  }, [failure, id]);
  return explain(failure);
}

/** What the API has against something that is no single control: a group of boxes, a list. */
export function Refused({ name }: { name: string }) {
  const id = useId();
  const sentence = useRefusal(name, id);
  return <RefusedText id={id} text={sentence} />;
}

export function RefusedText({ id, text }: { id: string; text: string | undefined }) {
  if (!text) return null;
  return (
    <p id={id} tabIndex={-1} className="text-[0.8125rem] text-bad">
      {text}
    </p>
  );
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
  const foot = useContext(Foot);
  if (foot) {
    return createPortal(
      <DialogActions>
        <DialogClose asChild>
          <Button>Close</Button>
        </DialogClose>
      </DialogActions>,
      foot,
    );
  }
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
