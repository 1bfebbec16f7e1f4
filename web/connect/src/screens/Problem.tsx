import { useState } from "preact/hooks";
import type { Problem as Is } from "../contract.ts";
import type { Flow } from "../flow.ts";
import { errorURL } from "../outside.ts";
import { Button } from "../parts/Button.tsx";
import { Support } from "../parts/Foot.tsx";
import { Icon } from "../parts/Icon.tsx";
import { Pair } from "../parts/Logos.tsx";
import { Title } from "../parts/Title.tsx";
import { inWords } from "../problems.ts";
import { say, tell } from "../words.ts";

/** What went wrong, whether trying again helps, and whom to ask. */
export function Problem({ flow, problem }: { flow: Flow; problem: Is }) {
  const { page, plan } = flow, { brand } = page;
  const app = plan?.app ?? null, names = { app: app?.name ?? say("problem.app"), product: brand.product };
  const to = errorURL(page, problem);
  const unknown = problem.cause === "expired" && page.session === ""; // nobody knows whose token it was
  const others = plan !== null && plan.methods.length > 1 && !["expired", "gone", "limit"].includes(problem.cause); // which another way would not mend
  return (
    <>
      <Pair brand={brand} app={app} state="bad" />
      <Title>{tell(`problem.${problem.cause}.title`, names)}</Title>
      <p role="alert">{inWords(problem, names)}</p>
      <p class="soft">{unknown ? say("problem.expired.hint.unknown") : tell(`problem.${problem.cause}.hint`, names)}</p>
      <div class="acts">
        {problem.retry && <Button onClick={() => flow.retry()}>{say("retry")}</Button>}
        {others && plan && <Button kind="plain" onClick={() => flow.show({ at: "methods", plan: { ...plan, method: null } })}>{say("problem.method")}</Button>}
        {to && <Button kind={problem.retry ? "plain" : "main"} href={to}>{tell("done.back", names)}</Button>}
      </div>
      <Support brand={brand} request={problem.request_id} />
      <RequestId id={problem.request_id} code={problem.code} />
    </>
  );
}

function RequestId({ id, code }: { id: string; code: string }) {
  const [copied, setCopied] = useState(false);
  const copy = () => navigator.clipboard?.writeText(`${code} ${id}`).then(() => setCopied(true), () => undefined);
  return (
    <p class="request">
      <span>{say("request")}</span> <code dir="ltr">{id ? `${id} · ${code}` : code}</code>
      <button class="link" type="button" onClick={copy}>{copied ? <><Icon name="check" />{say("request.copied")}</> : say("request.copy")}</button>
    </p>
  );
}
