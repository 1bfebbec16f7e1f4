import { useState, type ReactNode } from "react";
import { Dialog, DialogContent, DialogTrigger } from "./ui/dialog";

/** A form in a dialog, which begins anew each time that it is opened. */
export function Ask({ trigger, title, description, children }: { trigger: ReactNode; title: string; description: ReactNode; children: (close: () => void) => ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>{trigger}</DialogTrigger>
      <DialogContent title={title} description={description}>
        {children(() => setOpen(false))}
      </DialogContent>
    </Dialog>
  );
}
