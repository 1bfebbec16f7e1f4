import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { cn } from "@/lib/cn";
import { Button } from "./ui/button";
import { useToast } from "./ui/toast";

/** Puts text on the clipboard. Over plain http on another host the browser has no clipboard API; then a hidden field helps. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  field.style.position = "fixed";
  field.style.opacity = "0";
  // Inside a dialog the focus is held there, so the field has to be there too.
  (document.activeElement?.parentElement ?? document.body).append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("The browser did not allow copying. Select the text instead.");
}

interface Props {
  text: string;
  /** What is copied, for a screen reader: "Copy {what}". */
  what: string;
  /** With a visible word. */
  labelled?: boolean;
  className?: string;
}

export function CopyButton({ text, what, labelled, className }: Props) {
  const [done, setDone] = useState(false);
  const toast = useToast();
  useEffect(() => {
    if (!done) return;
    const t = setTimeout(() => setDone(false), 1_600);
    return () => clearTimeout(t);
  }, [done]);
  const copy = () => copyText(text).then(() => setDone(true), (e: unknown) => toast.bad("Not copied", e));
  const Icon = done ? Check : Copy;
  return (
    <Button variant={labelled ? "secondary" : "ghost"} size={labelled ? "sm" : "iconSm"} aria-label={`Copy ${what}`} title={`Copy ${what}`} onClick={() => void copy()} className={className}>
      <Icon className={cn("size-3.5", done && "text-good")} aria-hidden />
      {labelled && (done ? "Copied" : "Copy")}
      <span role="status" className="sr-only">
        {done ? "Copied" : ""}
      </span>
    </Button>
  );
}

/** An id as it is, with its copy button. */
export function Id({ id, what = "id", short }: { id: string; what?: string; short?: boolean }) {
  return (
    <span className="inline-flex max-w-full items-center gap-1 align-middle">
      <code className="truncate text-[0.8125rem] text-muted" title={id}>
        {short && id.length > 16 ? `${id.slice(0, 5)}…${id.slice(-6)}` : id}
      </code>
      <CopyButton text={id} what={what} />
    </span>
  );
}

/** Code to read and take along. The button has a column of its own, so that it covers nothing. */
export function Code({ code, what = "code", wrap, bounded }: { code: string; what?: string; wrap?: boolean; bounded?: boolean }) {
  return (
    <div className="flex rounded-md border border-line bg-sunken">
      <pre tabIndex={0} className={cn("min-w-0 grow overflow-auto p-3 pr-1 text-xs leading-5", wrap && "break-all whitespace-pre-wrap", bounded && "max-h-[30rem]")}>
        <code>{code}</code>
      </pre>
      <CopyButton text={code} what={what} className="m-1.5 ml-0 shrink-0" />
    </div>
  );
}
