import { useEffect, useState } from "preact/hooks";
import type { Account } from "../contract.ts";
import type { Flow } from "../flow.ts";
import { Button } from "../parts/Button.tsx";
import { Legal, Support } from "../parts/Foot.tsx";
import { Icon } from "../parts/Icon.tsx";
import { AppLogo, Pair } from "../parts/Logos.tsx";
import { Rename } from "../parts/Rename.tsx";
import { Title } from "../parts/Title.tsx";
import { day, say, tell } from "../words.ts";

/** The user's own connections: how they are, what they allow, and the way out of each. */
export function Accounts({ flow, said }: { flow: Flow; said: string }) {
  const { brand } = flow.page, names = { product: brand.product };
  const [list, setList] = useState<Account[] | null>(null), [open, setOpen] = useState(""), [news, setNews] = useState(said);
  const load = () => flow.attempt(async () => setList((await flow.api.accounts()).data));
  useEffect(() => void load(), []);
  const gone = (a: Account) => {
    setList((now) => now?.filter((x) => x.id !== a.id) ?? null);
    setNews(say("accounts.disconnected", { account: a.name }));
  };
  return (
    <>
      <Pair brand={brand} app={null} />
      <Title>{say("accounts.title")}</Title>
      <p class="soft">{tell("accounts.text", names)}</p>
      <p class="live" role="status">{news && <span class="box good"><Icon name="check" /><span>{news}</span></span>}</p>
      {list?.length === 0 && <p class="empty">{say("accounts.empty")}</p>}
      <ul class="accounts">
        {list?.map((a) => (
          <li key={a.id}>
            <button type="button" class="choice" aria-expanded={open === a.id} aria-controls={`d-${a.id}`} onClick={() => setOpen(open === a.id ? "" : a.id)}>
              <AppLogo app={a.app} small />
              <span><strong><bdi>{a.name}</bdi></strong><small>{a.app.name}</small></span>
              <em class={`health ${a.state}`}>{say(`accounts.${a.state}`)}</em>
              <Icon name="down" />
            </button>
            <div id={`d-${a.id}`} hidden={open !== a.id}>{open === a.id && <Details flow={flow} account={a} changed={(n) => setList((now) => now?.map((x) => (x.id === a.id ? { ...x, name: n } : x)) ?? null)} gone={() => gone(a)} />}</div>
          </li>
        ))}
      </ul>
      {list && <div class="acts"><Button kind={list.length ? "plain" : "main"} onClick={() => void flow.connectAgain(null)}>{say("accounts.add")}</Button></div>}
      <Support brand={brand} />
      <Legal brand={brand} />
    </>
  );
}

function Details({ flow, account: a, changed, gone }: { flow: Flow; account: Account; changed: (name: string) => void; gone: () => void }) {
  const [doing, setDoing] = useState<"" | "rename" | "disconnect">(""), [busy, setBusy] = useState(false);
  const product = flow.page.brand.product;
  const disconnect = async () => {
    setBusy(true);
    await flow.attempt(async () => {
      await flow.api.disconnect(a.id);
      gone();
    });
    setBusy(false);
  };
  if (doing === "rename") return <div class="details"><Rename id={a.id} name={a.name} flow={flow} done={(n) => { changed(n); setDoing(""); }} /></div>;
  if (doing === "disconnect") {
    return (
      <div class="details" role="group" aria-labelledby={`q-${a.id}`}>
        <p id={`q-${a.id}`}><strong>{tell("accounts.disconnect.title", { account: a.name })}</strong></p>
        <p>{tell("accounts.disconnect.text", { product })}</p>
        <div class="row">
          <Button kind="bad" wide={false} busy={busy} onClick={() => void disconnect()}>{say("accounts.disconnect")}</Button>
          <Button kind="quiet" wide={false} onClick={() => setDoing("")}>{say("cancel")}</Button>
        </div>
      </div>
    );
  }
  return (
    <div class="details">
      {a.error && <p class="box bad"><Icon name="alert" /><span>{a.error}</span></p>}
      {a.powers.length > 0 && (
        <div class="powers">
          <p>{tell("accounts.powers", { product })}</p>
          <ul>{a.powers.map((p) => <li key={p}><Icon name="check" />{p}</li>)}</ul>
        </div>
      )}
      <p class="soft small">{tell("accounts.since", { date: day(a.created_at) })}{a.last_refreshed_at && <> · {tell("accounts.refreshed", { date: day(a.last_refreshed_at) })}</>}</p>
      <div class="row">
        <Button kind={a.state === "healthy" ? "plain" : "main"} wide={false} onClick={() => void flow.connectAgain(a)}>{say("accounts.reconnect")}</Button>
        <Button kind="plain" wide={false} onClick={() => setDoing("rename")}>{say("accounts.rename")}</Button>
        <Button kind="quiet" wide={false} onClick={() => setDoing("disconnect")}>{say("accounts.disconnect")}</Button>
      </div>
    </div>
  );
}
