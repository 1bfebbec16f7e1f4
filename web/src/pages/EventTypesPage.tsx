import { useQuery } from "@tanstack/react-query";
import { eventTypesQuery } from "@/api/calls";
import type { EventType } from "@/api/types";
import { Async, SkeletonCard } from "@/components/Async";
import { Fold, Json } from "@/components/Json";
import { PageHead } from "@/components/PageHead";
import { Badge, type Tone } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { Tabs } from "@/components/ui/tabs";
import { useScope } from "@/lib/hooks";
import { paths } from "@/paths";

const tones: Record<EventType["severity"], Tone> = { info: "neutral", warning: "warn", error: "bad" };

/** What an endpoint can hear of, with what each body holds. */
export function EventTypesPage() {
  const scope = useScope();
  const types = useQuery(eventTypesQuery);
  return (
    <>
      <PageHead title="Event catalogue" up={{ label: "Endpoints", place: paths.endpoints(scope) }} text="Every type of event, with the JSON schema of its body and a sample. More properties may come with time; those that are here stay." />
      <Async query={types} skeleton={<SkeletonCard />}>
        {({ data }) => (
          <div className="space-y-4">
            <Card title="Events of your users and their accounts" flush>
              <List types={data.filter((t) => !t.platform)} />
            </Card>
            <Card title="Platform events" text="They tell of delivery itself and of what runs here. An endpoint hears of them by name or by a beginning such as ENDPOINT_*, and not by * alone." flush>
              <List types={data.filter((t) => t.platform)} />
            </Card>
          </div>
        )}
      </Async>
    </>
  );
}

function List({ types }: { types: EventType[] }) {
  return (
    <ul className="divide-y divide-line">
      {types.map((t) => (
        <li key={t.type} className="px-4 py-2.5">
          <Fold
            title={<code className="break-all text-[0.8125rem]">{t.type}</code>}
            aside={
              <span className="flex items-center gap-2">
                <span className="max-sm:hidden">{t.title}</span>
                <Badge tone={tones[t.severity]}>{t.severity}</Badge>
              </span>
            }
          >
            <p className="mb-2 max-w-3xl text-muted">{t.description.replaceAll("`", "")}</p>
            <Tabs
              label={`${t.type}: what it holds`}
              tabs={[
                { key: "sample", label: "Sample", content: <Json value={t.sample} what="the sample" /> },
                { key: "schema", label: "Schema", content: <Json value={t.schema} what="the schema" /> },
              ]}
            />
          </Fold>
        </li>
      ))}
    </ul>
  );
}
