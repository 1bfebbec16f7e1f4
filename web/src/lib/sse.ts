/** One message of a stream of server-sent events. */
export interface Message {
  id?: string;
  event: string;
  data: string;
}

/** Reads messages out of the text of a stream as it comes; feed is called with each piece. */
export function messages(take: (m: Message) => void) {
  let rest = "";
  return (piece: string) => {
    rest += piece;
    const all = rest.split(/\r?\n\r?\n/);
    rest = all.pop() ?? "";
    for (const block of all) {
      const m: Message = { event: "message", data: "" };
      for (const line of block.split(/\r?\n/)) {
        const [, field, value = ""] = /^([a-z]+):? ?(.*)$/s.exec(line) ?? [];
        if (field === "data") m.data += (m.data && "\n") + value;
        else if (field === "event") m.event = value;
        else if (field === "id") m.id = value;
      }
      if (m.data || m.event !== "message") take(m);
    }
  };
}

interface Options {
  headers: Record<string, string>;
  signal: AbortSignal;
  take: (m: Message) => void;
  /** Whether the stream stands. */
  standing: (on: boolean) => void;
}

const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((ok) => {
    const t = setTimeout(ok, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(t);
      ok();
    });
  });

/**
 * Follows a stream until it is told to stop, and goes on behind the last message when it breaks off. A browser's own
 * EventSource cannot send the header that names the environment. What is refused is not asked for again.
 */
export async function follow(url: string, { headers, signal, take, standing }: Options) {
  let last: string | undefined;
  for (let wait = 1_000; !signal.aborted; wait = Math.min(wait * 2, 30_000)) {
    try {
      const answer = await fetch(url, { credentials: "same-origin", headers: { ...headers, accept: "text/event-stream", ...(last && { "last-event-id": last }) }, signal });
      if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) return;
      if (answer.ok && answer.body) {
        standing(true);
        wait = 1_000;
        const feed = messages((m) => {
          last = m.id ?? last;
          take(m);
        });
        const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        for (let r = await reader.read(); !r.done; r = await reader.read()) feed(r.value);
      }
    } catch {
      // The network is out; it is tried again.
    }
    standing(false);
    if (!signal.aborted) await pause(wait, signal);
  }
}
