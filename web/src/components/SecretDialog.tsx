import { useState, type ReactNode } from "react";
import { CopyButton } from "./Copy";
import { Button } from "./ui/button";
import { Dialog, DialogActions, DialogContent } from "./ui/dialog";
import { Checkbox } from "./ui/field";

interface Props {
  title: string;
  text: ReactNode;
  /** Names and values; null keeps the dialog closed. */
  values: { label: string; value: string }[] | null;
  close: () => void;
}

/** Shows what is never shown again. It closes only after the reader has said that it is kept. */
export function SecretDialog({ title, text, values, close }: Props) {
  const [kept, setKept] = useState(false);
  const end = () => {
    setKept(false);
    close();
  };
  return (
    <Dialog open={values !== null}>
      <DialogContent stubborn title={title} description={text} className="max-w-lg">
        <div className="space-y-3">
          {values?.map((v) => (
            <div key={v.label}>
              <div className="mb-1 font-medium">{v.label}</div>
              <div className="flex items-center gap-2 rounded-md border border-line bg-sunken py-1.5 pl-3 pr-1.5">
                <code className="min-w-0 grow break-all text-[0.8125rem] select-all">{v.value}</code>
                <CopyButton text={v.value} what={v.label.toLowerCase()} labelled />
              </div>
            </div>
          ))}
          <Checkbox label="I have stored it in a safe place" checked={kept} onChange={setKept} />
        </div>
        <DialogActions>
          <Button variant="primary" disabled={!kept} onClick={end}>
            Done
          </Button>
        </DialogActions>
      </DialogContent>
    </Dialog>
  );
}
