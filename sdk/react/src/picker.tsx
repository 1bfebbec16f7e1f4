import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { useForm, type Control } from "./context.js";
import { choices, kept, many, same, shownAs, type Choice } from "./model.js";
import { remote, useOptions, waitsFor } from "./options.js";

type Row = { kind: "option" | "own"; choice: Choice } | { kind: "more" };

/** A combobox (WAI-ARIA 1.2) for one option or several, of the component or of a list that is known. */
export function Picker({ prop, id, labelId, describedBy, invalid, disabled, value, set }: Control) {
  const { labels, props } = useForm();
  const [open, setOpen] = useState(false);
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const asked = useOptions(prop, open, query);
  const known = remote(prop) ? asked.options : choices(prop.options);
  const multiple = many(prop);
  const values = multiple ? (Array.isArray(value) ? value : []) : value === undefined ? [] : [value];
  const chosen = values.flatMap((v) => shownAs(v, known) ?? []);
  const text = query.trim().toLowerCase();
  const found = prop.useQuery || !text ? known : known.filter((o) => o.label.toLowerCase().includes(text) || String(o.value).toLowerCase().includes(text));
  const own = ownChoice(prop.type, query.trim(), known);
  const rows: Row[] = [...found.map((c) => ({ kind: "option", choice: c }) as Row), ...(own ? [{ kind: "own", choice: own } as Row] : []), ...(remote(prop) && asked.more && !asked.loading ? [{ kind: "more" } as Row] : [])];
  const rowId = (n: number) => `${id}-${n}`;
  const status = asked.loading ? labels.loading : asked.error ?? (found.length ? labels.options(found.length) : waitsFor(prop, props).length && remote(prop) && !known.length && !query ? labels.accountFirst : labels.noOptions);

  useEffect(() => {
    list.current?.children[active]?.scrollIntoView?.({ block: "nearest" });
  }, [active]);

  function show(yes: boolean) {
    setOpen(yes);
    setActive(-1);
    if (!yes) setQuery("");
  }

  function pick(row: Row | undefined) {
    if (!row) return;
    if (row.kind === "more") return asked.loadMore();
    if (!multiple) {
      set(kept(prop, row.choice));
      return show(false);
    }
    const has = chosen.some((c) => same(c.value, row.choice.value));
    set(has ? values.filter((v) => !same(shownAs(v)?.value, row.choice.value)) : [...values, kept(prop, row.choice)]);
    setQuery("");
  }

  function key(event: KeyboardEvent) {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) {
      event.preventDefault();
      if (!open) return show(true);
      setActive((n) => (rows.length ? (Math.max(n + move, n < 0 && move < 0 ? -1 : n + move) + rows.length) % rows.length : -1));
    } else if (event.key === "Enter" && open) {
      event.preventDefault(); // it chooses; it does not send the form
      pick(rows[active] ?? (text && rows.length === 1 ? rows[0] : undefined));
    } else if (event.key === "Escape" && open) {
      event.stopPropagation(); // a dialog around it stays open
      show(false);
    } else if (event.key === "Backspace" && !query && multiple && values.length) {
      set(values.slice(0, -1));
    }
  }

  return (
    <div className="pb-picker" onBlur={(e) => { if (!e.currentTarget.contains(e.relatedTarget)) show(false); }}>
      {multiple && chosen.length > 0 && (
        <ul className="pb-chips" aria-labelledby={labelId}>
          {chosen.map((c, n) => (
            <li key={JSON.stringify(c.value)} className="pb-chip">
              {c.label}
              <button type="button" disabled={disabled} aria-label={labels.remove(c.label)} onClick={() => { set(values.filter((_, i) => i !== n)); input.current?.focus(); }}>×</button>
            </li>
          ))}
        </ul>
      )}
      <input
        ref={input} id={id} className="pb-input" type="text" role="combobox" autoComplete="off" spellCheck={false}
        aria-expanded={open} aria-controls={`${id}-list`} aria-autocomplete="list" aria-activedescendant={open && active >= 0 ? rowId(active) : undefined}
        aria-describedby={describedBy} aria-invalid={invalid || undefined} aria-required={!prop.optional || undefined} disabled={disabled} readOnly={!!prop.readOnly}
        placeholder={open || multiple ? labels.search : labels.choose}
        value={open || multiple ? query : (chosen[0]?.label ?? "")}
        onClick={() => show(true)} onKeyDown={key}
        onChange={(e) => { setOpen(true); setActive(-1); setQuery(e.target.value); }}
      />
      {!multiple && chosen.length > 0 && prop.optional && !disabled && (
        <button type="button" className="pb-clear" aria-label={labels.remove(chosen[0]!.label)} onClick={() => { set(undefined); input.current?.focus(); }}>×</button>
      )}
      <div className="pb-popup" hidden={!open}>
        <ul ref={list} id={`${id}-list`} role="listbox" aria-labelledby={labelId} aria-multiselectable={multiple || undefined} aria-busy={asked.loading}>
          {rows.map((row, n) => (
            <li
              key={row.kind === "more" ? "more" : row.kind + JSON.stringify(row.choice.value)} id={rowId(n)} role="option" className={`pb-option pb-option-${row.kind}`}
              aria-selected={row.kind !== "more" && chosen.some((c) => same(c.value, row.choice.value))} data-active={n === active || undefined}
              onMouseDown={(e) => e.preventDefault()} onClick={() => pick(row)}
            >
              {row.kind === "more" ? labels.loadMore : row.kind === "own" ? labels.use(row.choice.label) : row.choice.label}
            </li>
          ))}
        </ul>
        {(asked.loading || asked.error || !found.length) && <p className="pb-note">{status}{asked.error && <> <button type="button" className="pb-link" onMouseDown={(e) => e.preventDefault()} onClick={asked.retry}>{labels.retry}</button></>}</p>}
      </div>
      <span className="pb-hidden" role="status">{open ? status : ""}</span>
    </div>
  );
}

/** What the user typed as a value of its own, where the type allows that and no option is it. */
function ownChoice(type: string, text: string, known: Choice[]): Choice | undefined {
  if (!text || known.some((o) => o.label === text || String(o.value) === text)) return undefined;
  if (type.startsWith("integer")) return /^-?\d+$/.test(text) ? { label: text, value: Number(text) } : undefined;
  return type === "boolean" ? undefined : { label: text, value: text };
}
