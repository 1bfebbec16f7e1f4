import type { ReactNode } from "react";
import { useCallback, useEffect, useState } from "react";
import { inOrder } from "@/lib/flow/order";
import { toYAML } from "@/lib/yaml";
import { Tabs } from "../ui/tabs";
import { FlowCanvas } from "./FlowCanvas";
import { YamlTab, type Written } from "./YamlTab";
import type { Flow } from "./useFlow";

interface Tab {
  key: string;
  label: ReactNode;
  content: ReactNode;
}

/** The text that is sent when a flow is saved: as it was written, or as the picture says. */
export function useText(flow: Flow) {
  const [written, setWritten] = useState<Written>();
  const own = written?.doc === flow.doc ? written : undefined;
  const text = useCallback(() => own?.text ?? toYAML(inOrder(flow.doc)), [own, flow.doc]);
  return { written: own, setWritten, text, broken: own?.broken ?? false };
}

/** A workflow as a picture and as text, and whatever else there is of it. */
export function Workbench({ flow, text, tools, tabs = [], tab, setTab }: { flow: Flow; text: ReturnType<typeof useText>; tools?: ReactNode; tabs?: Tab[]; tab: string; setTab: (key: string) => void }) {
  const unsaved = flow.dirty || text.broken;
  useEffect(() => {
    if (!unsaved) return;
    const ask = (e: BeforeUnloadEvent) => e.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [unsaved]);
  return (
    <Tabs
      label="Views of the workflow"
      value={tab}
      onChange={setTab}
      tabs={[
        { key: "build", label: "Build", content: <FlowCanvas flow={flow} tools={tools} /> },
        { key: "yaml", label: "YAML", content: <YamlTab flow={flow} written={text.written} onWritten={text.setWritten} /> },
        ...tabs,
      ]}
    />
  );
}
