import { render } from "preact";
import { Card } from "./card.tsx";
import type { Page } from "./contract.ts";
import { Flow } from "./flow.ts";
import "./styles/page.css";
import { speak, type Words } from "./words.ts";

// The server put both into the HTML, so that nothing has to be fetched before the first screen.
const read = <T,>(id: string) => JSON.parse(document.getElementById(id)!.textContent!) as T;
const page = read<Page>("page");
speak(page.locale, read<Words>("words"));

const card = document.querySelector("main")!;
const flow = new Flow(page, new URLSearchParams(location.search), () => render(<Card flow={flow} />, card));
void flow.open();
