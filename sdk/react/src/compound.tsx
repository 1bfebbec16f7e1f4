import type { HttpRequest, NameValue, Timer } from "@patchbay/browser";
import type { ReactNode } from "react";
import { useForm, type Control } from "./context.js";
import { choices } from "./model.js";

function Line({ id, label, children }: { id: string; label: string; children: ReactNode }) {
  return <div className="pb-line"><label htmlFor={id}>{label}</label>{children}</div>;
}

/** How often something happens: every so many seconds, or by cron. */
export function TimerField({ prop, id, describedBy, invalid, disabled, value, set }: Control) {
  const { labels } = useForm();
  const now = (value ?? {}) as Partial<{ intervalSeconds: number; cron: string }>;
  const off = disabled || !!prop.readOnly;
  const offered = choices(prop.options as never);
  const cron = now.cron !== undefined;
  const input = { className: "pb-input", disabled: off, "aria-describedby": describedBy, "aria-invalid": invalid || undefined };
  return (
    <div className="pb-compound">
      {offered.length > 0 && (
        <div className="pb-actions">
          {offered.map((o, n) => <button key={n} type="button" className="pb-button pb-quiet" disabled={off} onClick={() => set(o.value as Timer)}>{o.label}</button>)}
        </div>
      )}
      <Line id={id} label={labels.schedule}>
        <select {...input} id={id} value={cron ? "cron" : "interval"} onChange={(e) => set(e.target.value === "cron" ? { cron: "" } : undefined)}>
          <option value="interval">{labels.interval}</option>
          <option value="cron">{labels.cron}</option>
        </select>
      </Line>
      {cron
        ? <Line id={`${id}-cron`} label={labels.cron}><input {...input} id={`${id}-cron`} placeholder="0 9 * * 1-5" value={now.cron} onChange={(e) => set({ cron: e.target.value })} /></Line>
        : <Line id={`${id}-every`} label={labels.everySeconds}><input {...input} id={`${id}-every`} type="number" min={1} step={1} value={now.intervalSeconds ?? ""} onChange={(e) => set(e.target.value ? { intervalSeconds: Number(e.target.value) } : undefined)} /></Line>}
    </div>
  );
}

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/** A request: where, with what, as whom. */
export function HttpField({ prop, id, describedBy, invalid, disabled, value, set }: Control) {
  const { labels } = useForm();
  const now = (value ?? {}) as HttpRequest;
  const off = disabled || !!prop.readOnly;
  const put = (part: Partial<HttpRequest>) => set({ method: "GET", ...now, ...part });
  const { auth = {}, body = {} } = now;
  const text = (name: string, label: string, v: string | undefined, change: (v: string) => void, type = "text") => (
    <Line id={`${id}-${name}`} label={label}><input id={`${id}-${name}`} className="pb-input" type={type} autoComplete="off" disabled={off} value={v ?? ""} onChange={(e) => change(e.target.value)} /></Line>
  );
  const pick = (name: string, label: string, v: string, options: [string, string][], change: (v: string) => void) => (
    <Line id={`${id}-${name}`} label={label}>
      <select id={`${id}-${name}`} className="pb-input" disabled={off} value={v} onChange={(e) => change(e.target.value)}>{options.map(([o, l]) => <option key={o} value={o}>{l}</option>)}</select>
    </Line>
  );
  const authType = auth.type ?? "none", bodyType = body.type ?? body.mode ?? "";
  return (
    <div className="pb-compound">
      {pick("method", labels.method, now.method ?? "GET", methods.map((m) => [m, m]), (method) => put({ method }))}
      <Line id={id} label={labels.url}><input id={id} className="pb-input" type="url" placeholder="https://" disabled={off} aria-describedby={describedBy} aria-invalid={invalid || undefined} value={now.url ?? ""} onChange={(e) => put({ url: e.target.value })} /></Line>
      <Pairs title={labels.parameters} rows={now.params} off={off} change={(params) => put({ params })} />
      <Pairs title={labels.headers} rows={now.headers} off={off} change={(headers) => put({ headers })} />
      {pick("auth", labels.authentication, authType, [["none", labels.none], ["basic", `${labels.username}, ${labels.password}`], ["bearer", labels.token]], (type) => put({ auth: { ...auth, type: type as typeof authType } }))}
      {authType === "basic" && text("user", labels.username, auth.username, (username) => put({ auth: { ...auth, username } }))}
      {authType === "basic" && text("password", labels.password, auth.password, (password) => put({ auth: { ...auth, password } }), "password")}
      {authType === "bearer" && text("token", labels.token, auth.token, (token) => put({ auth: { ...auth, token } }), "password")}
      {pick("body", labels.body, bodyType, [["", labels.none], ["fields", labels.fields], ["raw", labels.raw]], (type) => put({ body: type ? { ...body, type: type as "raw", mode: type as "raw" } : undefined }))}
      {bodyType === "fields" && <Pairs title={labels.fields} rows={body.fields} off={off} change={(fields) => put({ body: { ...body, fields } })} />}
      {bodyType === "raw" && <Line id={`${id}-raw`} label={labels.raw}><textarea id={`${id}-raw`} className="pb-input pb-code" rows={4} disabled={off} value={body.raw ?? ""} onChange={(e) => put({ body: { ...body, raw: e.target.value } })} /></Line>}
    </div>
  );
}

/** Names and values. */
function Pairs({ title, rows = [], off, change }: { title: string; rows: NameValue[] | undefined; off: boolean; change: (rows: NameValue[]) => void }) {
  const { labels } = useForm();
  const put = (n: number, part: Partial<NameValue>) => change(rows.map((r, i) => (i === n ? { ...r, ...part } : r)));
  return (
    <div className="pb-rows" role="group" aria-label={title}>
      <span className="pb-title" aria-hidden="true">{title}</span>
      {rows.map((row, n) => (
        <div key={n} className="pb-row">
          <input className="pb-input" aria-label={`${labels.name} ${n + 1}`} placeholder={labels.name} disabled={off} value={row.name} onChange={(e) => put(n, { name: e.target.value })} />
          <input className="pb-input" aria-label={`${labels.value} ${n + 1}`} placeholder={labels.value} disabled={off} value={row.value} onChange={(e) => put(n, { value: e.target.value })} />
          <button type="button" className="pb-icon" disabled={off} aria-label={labels.remove(`${title} ${n + 1}`)} onClick={() => change(rows.filter((_, i) => i !== n))}>×</button>
        </div>
      ))}
      <button type="button" className="pb-button pb-quiet" disabled={off} aria-label={`${labels.add}: ${title}`} onClick={() => change([...rows, { name: "", value: "" }])}>{labels.add}</button>
    </div>
  );
}
