import { expect, test, vi } from "vitest";
import { Tokens } from "../src/token.js";
import { createFrontendClient } from "../src/index.js";

const in_ = (seconds: number) => new Date(Date.now() + seconds * 1000);
function tokens(...answers: unknown[]) {
  const tokenCallback = vi.fn(async () => {
    const next = answers.length > 1 ? answers.shift() : answers[0];
    if (next instanceof Error) throw next;
    return next as never;
  });
  return { tokenCallback, it: new Tokens({ externalUserId: "ada", tokenCallback }) };
}

test.each([
  ["a Date", { token: "t", expiresAt: in_(3600) }],
  ["an ISO string", { token: "t", expiresAt: in_(3600).toISOString() }],
  ["the API's own names", { token: "t", expires_at: in_(3600).toISOString(), connect_link_url: "https://x.test/_static/connect.html?token=t" }],
  ["no end", { token: "t" }],
  ["null as its end", { token: "t", expiresAt: null }],
  ["an end that is no time", { token: "t", expiresAt: "soon" }],
  ["nothing but the text", "t"],
])("a token with %s is kept", async (_, answer) => {
  const { it, tokenCallback } = tokens(answer);
  expect((await it.get()).token).toBe("t");
  expect((await it.get()).token).toBe("t");
  expect(tokenCallback).toHaveBeenCalledTimes(1);
  expect(tokenCallback).toHaveBeenCalledWith({ externalUserId: "ada" });
});

test.each([
  ["a Date", in_(10)],
  ["an ISO string", in_(10).toISOString()],
])("one that is about to end, by %s, is good for those who wait for it and for nobody else", async (_, expiresAt) => {
  const { it, tokenCallback } = tokens({ token: "t", expiresAt });
  const [a, b] = await Promise.all([it.get(), it.get()]);
  expect([a.token, b.token]).toEqual(["t", "t"]);
  expect(tokenCallback).toHaveBeenCalledTimes(1);
  await it.get();
  expect(tokenCallback).toHaveBeenCalledTimes(2);
});

test("a callback that failed is asked again", async () => {
  const { it } = tokens(new Error("offline"), { token: "t" });
  await expect(it.get()).rejects.toMatchObject({ code: "token_callback", message: "The tokenCallback failed: offline", cause: expect.any(Error) });
  expect((await it.get()).token).toBe("t");
});

test("a callback that throws at once is the same", async () => {
  const it = new Tokens({ externalUserId: "ada", tokenCallback: () => { throw "no"; } });
  await expect(it.get()).rejects.toMatchObject({ code: "token_callback", message: "The tokenCallback failed: no" });
});

test.each([[undefined], [null], [""], [{}], [{ token: "" }], [{ token: 7 }]])("an answer without a token, %o, says what to do", async (answer) => {
  const { it } = tokens(answer);
  await expect(it.get()).rejects.toMatchObject({ code: "token_callback", message: expect.stringContaining("/tokens") });
});

test("a token is dropped by its name, so that nobody drops the next one", async () => {
  const { it, tokenCallback } = tokens({ token: "t1" }, { token: "t2" });
  await it.get();
  it.drop("t1");
  expect((await it.get()).token).toBe("t2");
  it.drop("t1");
  expect((await it.get()).token).toBe("t2");
  expect(tokenCallback).toHaveBeenCalledTimes(2);
});

test.each([
  [{ externalUserId: "" }, "externalUserId"],
  [{ tokenCallback: undefined }, "tokenCallback"],
  [{ host: undefined }, "host"],
  [{ host: "https://" }, "host is missing|baseUrl"],
  [{ frontendHost: "a b" }, "frontendHost"],
])("a client without what it needs, %o, is not made", (without, says) => {
  expect(() => createFrontendClient({ externalUserId: "ada", tokenCallback: async () => "t", host: "x.test", ...(without as object) })).toThrow(new RegExp(says));
});
