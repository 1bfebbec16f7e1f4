// The window of a sign-in, before it goes to the provider. It opens at our own
// address, so that the browser's cookie is set where the callback comes. The
// page that opened it says what to begin; where no opener is left (COOP), it
// becomes the page itself.
import { alone, begun, go, ready } from "./ways.ts";

const query = new URLSearchParams(location.search);
query.delete("window");

const become = () => {
  query.set("window", "whole");
  location.replace(`${location.pathname}?${query}`);
};
// An opener that is slow is waited for; one that has nothing to begin says so.
const whole = setTimeout(become, window.opener ? 15_000 : 0);

window.addEventListener("message", async (event) => {
  if (event.origin !== location.origin || event.source !== window.opener) return;
  const { type, body, session } = event.data as { type: string; body: unknown; session: string };
  if (type === alone) become();
  if (type !== go) return;
  clearTimeout(whole);
  const back = (m: object) => (window.opener as Window | null)?.postMessage(m, location.origin);
  try {
    const answer = await fetch("/connect/oauth/start", {
      method: "POST", headers: { "Content-Type": "application/json", Authorization: `Bearer ${query.get("token") ?? ""}`, "X-Connect-Session": session }, body: JSON.stringify(body),
    });
    const said = (await answer.json()) as { flow?: string; url?: string };
    if (!answer.ok || !said.url) throw Object.assign(new Error("refused"), { said, status: answer.status });
    back({ type: begun, flow: said.flow });
    location.replace(said.url);
  } catch (error) {
    const { said, status } = error as { said?: object; status?: number };
    back({ type: begun, error: said ?? {}, status: status ?? 0 });
    window.close();
  }
});

(window.opener as Window | null)?.postMessage({ type: ready }, location.origin);
