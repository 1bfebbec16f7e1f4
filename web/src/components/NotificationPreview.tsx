import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { api, data } from "@/api/client";
import { within, type NotificationChannel } from "@/api/types";
import { useScope, useSettled } from "@/lib/hooks";
import { Async } from "./Async";
import { Json } from "./Json";
import { SelectField } from "./ui/select";

/** The message that a channel would get for an event, as people will see it. */
export function NotificationPreview({ channel, runbook, events }: { channel: NotificationChannel; runbook: string; events: { type: string; title: string }[] }) {
  const scope = useScope();
  const [event, setEvent] = useState("WORKFLOW_FAILED");
  const runbook_url = useSettled(runbook) || undefined;
  const preview = useQuery({
    queryKey: ["notification-preview", scope, channel, event, runbook_url],
    queryFn: () => data(api.GET("/projects/{project_id}/notification_preview", { params: { ...within(scope), query: { channel, event_type: event, runbook_url } } })),
  });
  return (
    <section aria-label="Preview" className="min-w-0 space-y-2">
      <SelectField label="How it will look for" value={event} onChange={setEvent} options={events.map((e) => ({ value: e.type, label: e.title }))} />
      <Async query={preview}>{({ payload }) => <Drawn channel={channel} payload={payload} />}</Async>
    </section>
  );
}

interface DiscordMessage {
  embeds: { title: string; description?: string; color: number; fields?: { name: string; value: string }[]; footer: { text: string } }[];
}
interface SlackMessage {
  attachments: { color: string; blocks: { elements: { elements: { type: string; text: string; style?: { bold: boolean } }[] }[] }[] }[];
}
interface TeamsMessage {
  attachments: { content: { body: { items: { type: string; inlines?: { text: string; weight?: string }[]; actions?: { title: string }[] }[] }[] } }[];
}

const frame = "rounded-md border border-line bg-sunken p-3 text-[0.8125rem] break-words";

function Drawn({ channel, payload }: { channel: NotificationChannel; payload: Record<string, unknown> }) {
  switch (channel) {
    case "discord":
      return (
        <div className={frame}>
          {(payload as unknown as DiscordMessage).embeds.map((e, i) => (
            <Bar key={i} colour={`#${e.color.toString(16).padStart(6, "0")}`}>
              <p className="font-semibold">{plain(e.title)}</p>
              {e.description && <p>{plain(e.description)}</p>}
              {e.fields?.map((f) => (
                <p key={f.name}>
                  <b>{plain(f.name)}</b> {f.name === "Links" ? <Links text={f.value} /> : plain(f.value)}
                </p>
              ))}
              <p className="text-muted">{e.footer.text}</p>
            </Bar>
          ))}
        </div>
      );
    case "slack":
      return (
        <div className={frame}>
          {(payload as unknown as SlackMessage).attachments.map((a, i) => (
            <Bar key={i} colour={a.color}>
              <p className="whitespace-pre-line">
                {a.blocks[0]?.elements[0]?.elements.map((w, at) => (w.type === "link" ? <u key={at}>{w.text}</u> : w.style?.bold ? <b key={at}>{w.text}</b> : <span key={at}>{w.text}</span>))}
              </p>
            </Bar>
          ))}
        </div>
      );
    case "teams":
      return (
        <div className={frame}>
          {(payload as unknown as TeamsMessage).attachments[0]?.content.body.map((b, i) => (
            <div key={i} className="space-y-1 rounded bg-surface p-3">
              {b.items.map((item, at) => (
                <p key={at}>
                  {item.inlines?.map((run, n) => (run.weight ? <b key={n}>{run.text}</b> : <span key={n}>{run.text}</span>))}
                  {item.actions?.map((a) => (
                    <span key={a.title} className="mr-2 inline-block rounded border border-line-strong px-2 py-0.5">
                      {a.title}
                    </span>
                  ))}
                </p>
              ))}
            </div>
          ))}
        </div>
      );
    case "email":
      return (
        <div className={frame}>
          <p className="mb-2 font-semibold">{String(payload.subject)}</p>
          {/* A sandbox without any right: what is in it is drawn and does nothing. */}
          <iframe title="E-mail" sandbox="" srcDoc={String(payload.html)} className="h-72 w-full rounded bg-white" />
        </div>
      );
    case "webhook":
      return <Json value={payload} what="the message" />;
  }
}

function Bar({ colour, children }: { colour: string; children: ReactNode }) {
  return (
    <div className="space-y-1 rounded border-l-4 bg-surface p-3" style={{ borderColor: colour }}>
      {children}
    </div>
  );
}

/** What Discord makes of a text of ours: a backslash before a sign is not seen. */
const plain = (s: string) => s.replace(/\\([^0-9A-Za-z\s])/g, "$1");

/** The links that we write for Discord; nothing else of it is read as Markdown. */
function Links({ text }: { text: string }) {
  return <>{[...text.matchAll(/\[(\w+)\]/g)].map((m) => <u key={m[1]} className="mr-2">{m[1]}</u>)}</>;
}
