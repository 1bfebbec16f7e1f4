import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Activity } from "lucide-react";
import { api, data } from "@/api/client";
import { within, type Account } from "@/api/types";
import { useScope } from "@/lib/hooks";
import { Async } from "./Async";
import { HealthTimeline } from "./HealthTimeline";
import { health, healthWord } from "./Status";
import { Button } from "./ui/button";
import { Card } from "./ui/card";
import { Form, useSubmit } from "./ui/form";
import { useToast } from "./ui/toast";

/** How an account is and came to be so, and the button that tries it now. */
export function AccountHealthCard({ account: a }: { account: Account }) {
  const scope = useScope();
  const params = { ...within(scope), path: { project_id: scope.projectId, account_id: a.id } };
  const query = useQuery({
    queryKey: ["accounts", scope, "one", a.id, "health"],
    queryFn: () => data(api.GET("/connect/{project_id}/accounts/{account_id}/health", { params })),
    refetchInterval: 10_000,
  });
  return (
    <Card title="Health" actions={a.dead !== true && <CheckNow account={a} />}>
      <Async query={query}>{(h) => <HealthTimeline health={h} />}</Async>
    </Card>
  );
}

function CheckNow({ account: a }: { account: Account }) {
  const scope = useScope();
  const queries = useQueryClient();
  const toast = useToast();
  const { busy, form } = useSubmit(async () => {
    try {
      const now = await data(api.POST("/connect/{project_id}/accounts/{account_id}/check", { params: { ...within(scope), path: { project_id: scope.projectId, account_id: a.id } } }));
      if (now.healthy) toast.good("Checked: the account is healthy");
      else toast.bad(`Checked: the account is ${healthWord(health(now)).toLowerCase()}`, new Error(now.error ?? ""));
    } catch (e) {
      toast.bad("Not checked", e);
    }
    await queries.invalidateQueries({ queryKey: ["accounts"] });
  });
  return (
    <Form of={form}>
      <Button type="submit" size="sm" busy={busy}>
        {!busy && <Activity className="size-3.5" aria-hidden />}
        Check now
      </Button>
    </Form>
  );
}
