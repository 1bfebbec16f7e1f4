import type { Flow } from "../flow.ts";
import { Pair } from "../parts/Logos.tsx";
import { Title } from "../parts/Title.tsx";
import { say } from "../words.ts";

/** Before anything is known. */
export function Loading({ flow }: { flow: Flow }) {
  return (
    <>
      <Pair brand={flow.page.brand} app={flow.page.plan?.app ?? null} state="busy" />
      <Title>{say("loading")}</Title>
    </>
  );
}
