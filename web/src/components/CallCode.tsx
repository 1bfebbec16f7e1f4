import { codeOf, type Call } from "@/lib/componentCode";
import { Code } from "./Copy";
import { Card } from "./ui/card";
import { Tabs } from "./ui/tabs";

/** The call that does the same from a server, as it is filled in now. */
export function CallCode({ call }: { call: Call }) {
  const tabs = Object.entries(codeOf(call)).map(([language, code]) => ({ key: language, label: language, content: <Code code={code} what={`the code for ${language}`} bounded /> }));
  return (
    <Card title="The same from your server" text="With an access token of an API client. What is secret is left out.">
      <Tabs label="Language" tabs={tabs} />
    </Card>
  );
}
