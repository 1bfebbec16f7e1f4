import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { endDirectoryToken, newDirectoryToken, ssoQuery, type Sso } from "@/api/sso";
import { Confirm } from "@/components/Confirm";
import { CopyButton } from "@/components/Copy";
import { SecretDialog } from "@/components/SecretDialog";
import { Time } from "@/components/Time";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Form, FormError, useSubmit } from "@/components/ui/form";

/** The directory that makes members and takes them out, by SCIM. */
export function DirectoryCard({ sso: s }: { sso: Sso }) {
  const queries = useQueryClient();
  const [token, setToken] = useState<string>();
  const since = s.connection?.scim_token_at ?? null;
  const refresh = () => queries.invalidateQueries(ssoQuery);
  const { busy, error, form } = useSubmit(async () => setToken((await newDirectoryToken()).token));
  return (
    <Card
      title="Directory (SCIM)"
      text="Your directory makes members, takes out who leaves, and gives roles by the groups above. Give it this address and a token."
      actions={<Badge tone={since ? "good" : "neutral"}>{since ? "Has a token" : "Off"}</Badge>}
    >
      <div className="space-y-4">
        <div className="flex flex-wrap items-center gap-2">
          <code className="min-w-0 break-all">{s.scim_url}</code>
          <CopyButton text={s.scim_url} what="address for SCIM" />
        </div>
        {since && (
          <p className="text-muted">
            The token was made <Time at={since} />. A new one ends it at once.
          </p>
        )}
        <FormError error={error} />
        <div className="flex flex-wrap gap-2">
          <Form of={form}>
            <Button type="submit" busy={busy}>
              {since ? "Make a new token" : "Make a token"}
            </Button>
          </Form>
          {since && (
            <Confirm
              trigger={<Button variant="dangerGhost">Take the token back</Button>}
              title="Take the directory's token back?"
              text="The directory changes nothing here any more. Whom it made a member stays one."
              action="Take back"
              done="Token taken back"
              act={async () => {
                await endDirectoryToken();
                await refresh();
              }}
            />
          )}
        </div>
      </div>
      <SecretDialog
        title="Keep the directory's token"
        text="It is stored as a hash and cannot be shown again."
        values={token ? [{ label: "Token", value: token }] : null}
        close={() => {
          setToken(undefined);
          void refresh();
        }}
      />
    </Card>
  );
}
