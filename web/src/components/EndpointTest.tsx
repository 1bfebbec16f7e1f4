import { useQuery } from "@tanstack/react-query";
import { Send } from "lucide-react";
import { useState } from "react";
import { eventTypesQuery } from "@/api/calls";
import { api, data } from "@/api/client";
import { within, type Endpoint, type EndpointTest as Outcome } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { Fold, Json } from "./Json";
import { TestOutcome } from "./TestOutcome";
import { Button } from "./ui/button";
import { Card } from "./ui/card";
import { Form, FormError, useSubmit } from "./ui/form";
import { Select } from "./ui/select";

/** Sends a signed sample at once and shows what came of it. */
export function EndpointTest({ endpoint }: { endpoint: Endpoint }) {
  const scope = useScope();
  const types = useQuery(eventTypesQuery);
  const [type, setType] = useState("ACCOUNT_DEAD");
  const [outcome, setOutcome] = useState<Outcome>();
  const { busy, error, form } = useSubmit(async () => {
    setOutcome(undefined);
    const params = { ...within(scope), path: { project_id: scope.projectId, endpoint_id: endpoint.id } };
    setOutcome(await data(api.POST("/projects/{project_id}/endpoints/{endpoint_id}/test", { params, body: { event_type: type } })));
  });
  return (
    <Card title="Send a test" text="A sample, signed like any delivery and marked by the header X-Patchbay-Test. Nothing of it is kept, and it says nothing about the receiver.">
      <Form of={form} className="flex flex-wrap items-center gap-2">
        <Select label="Event type" value={type} onChange={(v) => v && setType(v)} options={(types.data?.data ?? [{ type }]).map((t) => ({ value: t.type, label: t.type }))} className="w-64" />
        <Button type="submit" variant="primary" busy={busy}>
          <Send className="size-4" aria-hidden />
          Send test
        </Button>
        <FormError error={error} />
      </Form>
      {outcome && (
        <TestOutcome outcome={outcome}>
          <Fold title="What was sent">
            <div className="space-y-2">
              <Json value={outcome.request_headers} what="the request's headers" />
              <Json value={outcome.request_body} what="the body" />
            </div>
          </Fold>
          {Object.keys(outcome.response_headers).length > 0 && (
            <Fold title="Headers of the answer">
              <Json value={outcome.response_headers} what="the answer's headers" />
            </Fold>
          )}
        </TestOutcome>
      )}
    </Card>
  );
}
