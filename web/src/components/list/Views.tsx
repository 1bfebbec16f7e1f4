import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { BookmarkPlus, ChevronDown, Star, Trash2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { deleteView, saveView, viewsQuery, type ListView } from "@/api/views";
import { cn } from "@/lib/cn";
import { useFilters, useScope } from "@/lib/hooks";
import { firstView, searchOf, searchText, shownView, unfiltered, viewsOf, type Search } from "@/lib/views";
import { Button } from "../ui/button";
import { Dialog, DialogContent } from "../ui/dialog";
import { Menu, MenuContent, MenuItem, MenuTrigger } from "../ui/dropdown";
import { Checkbox, Field, Input } from "../ui/field";
import { Form, FormActions, useSubmit } from "../ui/form";
import { useToast } from "../ui/toast";

/** The member's views of a list, as tabs that are links, and what can be done with them. */
export function Views({ list }: { list: string }) {
  const { projectId } = useScope();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const [search] = useFilters();
  const [saving, setSaving] = useState(false);
  const { data } = useQuery(viewsQuery(projectId));
  const views = viewsOf(data, list);
  const now = shownView(views, search);
  const filtered = searchText(search) !== "";
  const refresh = () => queries.invalidateQueries({ queryKey: viewsQuery(projectId).queryKey });

  // Who comes to the list without asking for anything is shown the view they begin with; once, so that they can leave it.
  const begun = useRef(false);
  useEffect(() => {
    if (data === undefined || begun.current) return;
    begun.current = true;
    const first = firstView(views, search);
    if (first) void navigate({ to: ".", search: searchOf(first.search), replace: true } as never);
  }, [data]);

  const act = async (done: string, act: () => Promise<unknown>) => {
    try {
      await act();
      toast.good(done);
    } catch (e) {
      toast.bad("The view is as it was", e);
    }
    await refresh();
  };
  if (views.length === 0 && !filtered) return null;
  const tab = (name: string, to: Search, on: boolean, star?: boolean) => (
    <Link
      key={name}
      {...({ to: ".", search: to } as { to: string })}
      aria-current={on ? "true" : undefined}
      activeProps={{}}
      className={cn("inline-flex h-7 max-w-52 items-center gap-1.5 rounded-md px-2 text-[0.8125rem] text-muted hover:bg-sunken hover:text-text", on && "bg-accent-soft font-medium text-accent hover:bg-accent-soft hover:text-accent")}
    >
      <span className="truncate">{name}</span>
      {star && <Star className="size-3 shrink-0 fill-current" aria-label="shown first" />}
    </Link>
  );
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-1" role="group" aria-label="Views">
      {views.length > 0 && tab("All", views.some((v) => v.default) ? unfiltered : {}, !filtered)}
      {views.map((v) => tab(v.name, searchOf(v.search), v === now, v.default))}
      {now && (
        <Menu>
          <MenuTrigger aria-label={`What to do with the view ${now.name}`} className="inline-flex size-7 items-center justify-center rounded-md text-muted hover:bg-sunken hover:text-text">
            <ChevronDown className="size-4" aria-hidden />
          </MenuTrigger>
          <MenuContent>
            <MenuItem onSelect={() => void act(now.default ? "No view is shown first" : `“${now.name}” is shown first`, () => saveView(projectId, { ...now, default: !now.default }))}>
              <Star aria-hidden />
              {now.default ? "Show no view first" : "Show this view first"}
            </MenuItem>
            <MenuItem onSelect={() => void act("View deleted", () => deleteView(projectId, list, now.name))}>
              <Trash2 aria-hidden />
              Delete view
            </MenuItem>
          </MenuContent>
        </Menu>
      )}
      {filtered && !now && (
        <Button size="sm" variant="ghost" onClick={() => setSaving(true)}>
          <BookmarkPlus className="size-3.5" aria-hidden />
          Save view
        </Button>
      )}
      <SaveView open={saving} setOpen={setSaving} views={views} save={(name, first) => saveView(projectId, { list, name, search: searchText(search), default: first }).then(refresh)} />
    </div>
  );
}

interface SaveProps {
  open: boolean;
  setOpen: (o: boolean) => void;
  views: ListView[];
  save: (name: string, first: boolean) => Promise<unknown>;
}

function SaveView({ open, setOpen, views, save }: SaveProps) {
  const [name, setName] = useState("");
  const [first, setFirst] = useState(false);
  const { busy, error, forget, form } = useSubmit(async () => {
    await save(name.trim(), first);
    setOpen(false);
    setName("");
    setFirst(false);
  });
  const same = views.some((v) => v.name === name.trim());
  return (
    <Dialog
      open={open}
      onOpenChange={(o) => {
        setOpen(o);
        forget();
      }}
    >
      <DialogContent title="Save these filters as a view" description="It is yours alone, in this project, wherever you sign in.">
        <Form own of={form} className="space-y-4">
          <Field name="name" label="Name" error={error} hint={same ? "You have a view of this name; it gets these filters." : undefined}>
            {(ids) => <Input {...ids} value={name} onChange={(e) => setName(e.target.value)} required maxLength={60} autoComplete="off" />}
          </Field>
          <Checkbox label="Show it first" hint="When you come to this list without filters." checked={first} onChange={setFirst} />
          <FormActions action="Save view" busy={busy} disabled={!name.trim()} />
        </Form>
      </DialogContent>
    </Dialog>
  );
}
