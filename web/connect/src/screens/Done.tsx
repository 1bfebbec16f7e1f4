import { useState } from "preact/hooks";
import type { Account } from "../contract.ts";
import type { Flow } from "../flow.ts";
import { opener, successURL } from "../outside.ts";
import { Button } from "../parts/Button.tsx";
import { Icon } from "../parts/Icon.tsx";
import { Pair } from "../parts/Logos.tsx";
import { Rename } from "../parts/Rename.tsx";
import { Title } from "../parts/Title.tsx";
import { say, tell } from "../words.ts";

/** It worked: as whom, and under which name it is kept. */
export function Done({ flow, account }: { flow: Flow; account: Account }) {
  const { brand } = flow.page;
  const [name, setName] = useState(account.name), [open, setOpen] = useState(false);
  const names = { app: account.app.name, product: brand.product };
  const to = successURL(flow.page, account.id), outside = opener(flow.page) !== null || flow.home === "accounts";
  return (
    <>
      <Pair brand={brand} app={account.app} state="good" />
      <Title>{say("done.title")}</Title>
      <p role="status">{tell("done.text", names)}</p>
      {open ? (
        <Rename id={account.id} name={name} flow={flow} done={(n) => { setName(n); setOpen(false); }} />
      ) : (
        <p class="identity">
          <span>{tell("done.as", { name })}</span>
          <button class="inside" type="button" onClick={() => { flow.stay(); setOpen(true); }} aria-label={say("done.rename")}><Icon name="pen" /></button>
        </p>
      )}
      <div class="acts">
        {to ? <Button onClick={() => flow.finish()}>{tell("done.back", names)}</Button> : outside ? <Button onClick={() => flow.finish()}>{say("done")}</Button> : <p class="soft">{say("done.leave")}</p>}
      </div>
    </>
  );
}
