import { afterEach, expect, test, vi } from "vitest";
import { own } from "./account";
import { onSignedOut } from "./client";

afterEach(() => {
  vi.unstubAllGlobals();
  onSignedOut(() => {});
});

/** Has the server answer with a status and a body. */
const answers = (status: number, body: unknown) => vi.stubGlobal("fetch", async () => new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } }));

test("a session that ended is told of, and a wrong code is not taken for one", async () => {
  const told = vi.fn();
  onSignedOut(told);
  answers(401, { error: "The code is wrong.", code: "sign_in_code", details: {} });
  await expect(own("POST", "account/proof")).rejects.toMatchObject({ code: "sign_in_code" });
  expect(told).not.toHaveBeenCalled();
  answers(401, { error: "You are not signed in.", code: "session", details: {} });
  await expect(own("GET", "account")).rejects.toMatchObject({ code: "session" });
  expect(told).toHaveBeenCalledOnce();
});
