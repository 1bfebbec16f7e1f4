import { expect, it, vi } from "vitest";
import { follow, messages, type Message } from "./sse";

it("reads messages however they are cut", () => {
  const got: Message[] = [];
  const feed = messages((m) => got.push(m));
  for (const piece of ["id: 1\nev", "ent: run\ndata: {\"a\"", ":1}\n", "\n: still here\n\nevent: end\n\n", "data: a\ndata: b\n\n", "data: half"]) feed(piece);
  expect(got).toEqual([
    { id: "1", event: "run", data: '{"a":1}' },
    { event: "end", data: "" },
    { event: "message", data: "a\nb" },
  ]);
});

it("stops where it is refused", async () => {
  const fetch = vi.fn(async () => new Response("", { status: 404 }));
  vi.stubGlobal("fetch", fetch);
  await follow("/x", { headers: {}, signal: new AbortController().signal, take: () => {}, standing: () => {} });
  expect(fetch).toHaveBeenCalledTimes(1);
});
