import { useQuery } from "@tanstack/react-query";
import { useEffect, useId, useState } from "react";
import { api, data } from "@/api/client";
import { within } from "@/api/types";
import { useScope, useSettled } from "@/lib/hooks";
import { Field, Input } from "./ui/field";

/** One of your users, by your own id: those that there are, or another. */
export function UserField({ value, onChange, hint, label = "User" }: { value: string; onChange: (user: string) => void; hint: string; label?: string }) {
  const scope = useScope();
  const list = useId();
  const [text, setText] = useState(value);
  const settled = useSettled(text.trim(), 400);
  useEffect(() => {
    if (settled !== value) onChange(settled);
    // Only what is typed leads on; the address follows.
  }, [settled]);
  const users = useQuery({
    queryKey: ["users", scope, "search", settled],
    queryFn: () => data(api.GET("/connect/{project_id}/users", { params: { ...within(scope), query: { q: settled, limit: 20 } } })),
    placeholderData: (old) => old,
  });
  return (
    <Field name="external_user_id" label={label} hint={hint}>
      {(ids) => (
        <>
          <Input {...ids} list={list} value={text} onChange={(e) => setText(e.target.value)} maxLength={250} autoComplete="off" spellCheck={false} placeholder="Your own id of the user" />
          <datalist id={list}>
            {users.data?.data.map((u) => (
              <option key={u.id} value={u.external_id} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}
