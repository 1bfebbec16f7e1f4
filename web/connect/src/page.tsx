import { render } from "preact";
import { Card } from "./card.tsx";
import type { Page } from "./contract.ts";
import { Flow } from "./flow.ts";
import { tellOutside } from "./outside.ts";
import "./styles/page.css";
import { speak, type Words } from "./words.ts";

// The server put both into the HTML, so that nothing has to be fetched before the first screen.
const read = <T,>(id: string) => JSON.parse(document.getElementById(id)!.textContent!) as T;
const page = read<Page>("page");
speak(page.locale, read<Words>("words"));

const card = document.querySelector("main")!;
let first: string | undefined;
const flow = new Flow(page, new URLSearchParams(location.search), () => {
  // The first screen takes the place of what the HTML showed and does not move; the next ones arrive.
  first ??= flow.screen.at;
  if (flow.screen.at !== first) card.classList.remove("first");
  render(<Card flow={flow} />, card);
});
tellOutside(page, { type: "ready" });
void flow.open();
