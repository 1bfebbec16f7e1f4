// Compiled against the package as it is published.
import { createFrontendClient } from "@patchbay/browser";
import { ComponentForm, ConnectButton, PatchbayProvider, useAccounts, useApps, useConnect, type Labels } from "@patchbay/react";
import { useState } from "react";

const client = createFrontendClient({ externalUserId: "ada", host: "connect.example.com", tokenCallback: async () => "ctok" });
const german: Partial<Labels> = { connect: "Verbinden", options: (n) => `${n} gefunden` };

export const App = () => (
  <PatchbayProvider client={client} labels={german}>
    <Accounts />
  </PatchbayProvider>
);

function Accounts() {
  const { accounts, remove } = useAccounts({ app: "slack" });
  const { apps, loadMore } = useApps({ q: "s" });
  const { connect, account } = useConnect({ mode: "popup" });
  const [value, setValue] = useState<Record<string, unknown>>({});
  return (
    <>
      {accounts.map((a) => <button key={a.id} onClick={() => remove(a.id)}>{a.name}</button>)}
      <ConnectButton app="slack" mode="iframe" className="mine" data-testid="b" onSuccess={({ id }) => id.length}>Connect</ConnectButton>
      {/* @ts-expect-error there is no such mode */}
      <ConnectButton mode="tab" />
      <button onClick={() => connect({ app: apps[0]?.nameSlug }).result.then(({ id }) => id)}>{account?.id}</button>
      <button onClick={loadMore} />
      <ComponentForm component="slack-send-message" value={value} onChange={setValue} onSubmit={(configured) => client.actions.run(configured)} />
    </>
  );
}
