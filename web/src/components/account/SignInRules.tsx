import { useQuery, useQueryClient } from "@tanstack/react-query";
import { own } from "@/api/account";
import { Async } from "@/components/Async";
import { Card } from "@/components/ui/card";
import { Switch } from "@/components/ui/field";
import { useToast } from "@/components/ui/toast";

const rules = { queryKey: ["sign-in-rules"], queryFn: () => own<{ require_two_factors: boolean }>("GET", "workspace/sign-in") };

/** What a workspace asks of its members when they sign in; for its owners. */
export function SignInRules({ workspace }: { workspace: string }) {
  const query = useQuery(rules);
  const queries = useQueryClient();
  const toast = useToast();
  const change = async (on: boolean) => {
    try {
      await own("PUT", "workspace/sign-in", { require_two_factors: on });
      toast.good(on ? "Members need two factors" : "Members need one factor");
    } catch (e) {
      toast.bad("Nothing was changed", e);
    }
    await queries.invalidateQueries(rules);
    await queries.invalidateQueries({ queryKey: ["session"] });
  };
  return (
    <Card title={`Sign-in to ${workspace}`}>
      <Async query={query}>
        {(r) => (
          <Switch
            label="Require two factors"
            hint="Members who have a password alone are led to set up an authenticator app or a passkey before anything else."
            checked={r.require_two_factors}
            onChange={(on) => void change(on)}
          />
        )}
      </Async>
    </Card>
  );
}
