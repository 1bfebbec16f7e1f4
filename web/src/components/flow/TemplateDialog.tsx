import { useQuery } from "@tanstack/react-query";
import { LayoutTemplate } from "lucide-react";
import { useState } from "react";
import { api, data } from "@/api/client";
import type { Schemas } from "@/api/types";
import { Async, SkeletonCard } from "../Async";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { Dialog, DialogContent, DialogTrigger } from "../ui/dialog";

type Template = Schemas["WorkflowTemplate"];

/** Begins with a workflow that others have written, in place of what is drawn. */
export function TemplateDialog({ take }: { take: (source: string) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button>
          <LayoutTemplate className="size-4" aria-hidden />
          From a template
        </Button>
      </DialogTrigger>
      {open && (
        <DialogContent title="Begin with a template" description="Each works as it stands, against the demo app. What you have drawn so far can be had back with Undo." className="max-w-2xl">
          <List
            choose={(t) => {
              take(t.source);
              setOpen(false);
            }}
          />
        </DialogContent>
      )}
    </Dialog>
  );
}

function List({ choose }: { choose: (t: Template) => void }) {
  const templates = useQuery({ queryKey: ["workflow_templates"], queryFn: () => data(api.GET("/workflow_templates")), staleTime: Infinity });
  return (
    <Async query={templates} skeleton={<SkeletonCard />}>
      {({ data: all }) => (
        <ul className="max-h-[60vh] space-y-2 overflow-y-auto">
          {all.map((t) => (
            <li key={t.key}>
              <button type="button" className="block w-full rounded-md border border-line px-4 py-3 text-left hover:border-line-strong hover:bg-sunken" onClick={() => choose(t)}>
                <span className="flex flex-wrap items-center gap-2">
                  <span className="font-medium">{t.name}</span>
                  {t.triggers.map((kind) => (
                    <Badge key={kind}>{kind.replaceAll("_", " ")}</Badge>
                  ))}
                </span>
                <span className="mt-1 block text-muted">{t.description}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </Async>
  );
}
