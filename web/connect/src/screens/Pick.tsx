import { useEffect, useRef, useState } from "preact/hooks";
import type { App, AppList } from "../contract.ts";
import type { Flow } from "../flow.ts";
import { Button } from "../parts/Button.tsx";
import { Legal } from "../parts/Foot.tsx";
import { Icon } from "../parts/Icon.tsx";
import { AppLogo, Pair } from "../parts/Logos.tsx";
import { Title } from "../parts/Title.tsx";
import { has, say, tell } from "../words.ts";

/** A category in words: one of a workspace's own apps may be any. */
const kind = (c: string) => (has(`category.${c}`) ? say(`category.${c}`) : c.replaceAll("_", " "));

const enough = 7; // apps from which on a search helps

/** The apps that can be connected. */
export function Pick({ flow }: { flow: Flow }) {
  const { brand } = flow.page;
  const [q, setQ] = useState(""), [category, setCategory] = useState(""), [list, setList] = useState<AppList | null>(null);
  const turn = useRef(0), many = useRef(false);
  const load = (cursor: string) => {
    const mine = ++turn.current;
    void flow.attempt(async () => {
      const next = await flow.api.apps(q.trim(), category, cursor);
      if (mine !== turn.current) return; // something else was typed meanwhile
      many.current ||= next.data.length >= enough || next.next !== null;
      setList((now) => (cursor && now ? { ...next, data: [...now.data, ...next.data] } : next));
    });
  };
  useEffect(() => {
    const t = setTimeout(() => {
      load("");
      if (q.trim()) flow.record.add("searched", "pick");
    }, q ? 200 : 0);
    return () => clearTimeout(t);
  }, [q, category]);
  return (
    <>
      <Pair brand={brand} app={null} />
      <Title>{tell("pick.title", { product: brand.product })}</Title>
      {many.current && (
        <search class="entry find">
          <Icon name="search" />
          <input type="search" aria-label={say("pick.search")} placeholder={say("pick.search")} value={q} autocomplete="off" onInput={(e) => setQ(e.currentTarget.value)} />
        </search>
      )}
      {many.current && list && list.categories.length > 1 && (
        <div class="chips" role="group" aria-label={say("pick.categories")}>
          {["", ...list.categories].map((c) => <button key={c} type="button" class="chip" aria-pressed={category === c} onClick={() => setCategory(c)}>{c ? kind(c) : say("pick.all")}</button>)}
        </div>
      )}
      <p class="unseen" role="status">{list && (q || category) ? say("pick.found", { n: list.data.length }) : ""}</p>
      {!list ? <Ghosts /> : list.data.length === 0 ? (
        <div class="empty">
          <p>{q ? tell("pick.none", { q }) : tell("pick.empty", { product: brand.product })}</p>
          {(q || category) && <Button kind="plain" wide={false} onClick={() => { setQ(""); setCategory(""); }}>{say("pick.clear")}</Button>}
        </div>
      ) : (
        <ul class="apps">{list.data.map((a) => <li key={a.slug}><Row app={a} connected={a.connected} pick={() => void flow.choose({ app: a.slug })} /></li>)}</ul>
      )}
      {list?.next && <Button kind="plain" onClick={() => load(list.next!)}>{say("pick.more")}</Button>}
      <Legal brand={brand} />
    </>
  );
}

function Row({ app, connected, pick }: { app: App; connected: number; pick: () => void }) {
  return (
    <button type="button" class="choice" onClick={pick}>
      <AppLogo app={app} small />
      <span><strong>{app.name}</strong><small class="one-line">{app.description}</small></span>
      {connected > 0 ? <em class="badge good">{connected > 1 ? say("pick.connected.many", { n: connected }) : say("pick.connected")}</em> : <Icon name="next" flips />}
    </button>
  );
}

function Ghosts() {
  return <ul class="apps" aria-hidden="true">{[1, 2, 3, 4].map((n) => <li key={n}><span class="choice ghost" /></li>)}</ul>;
}
