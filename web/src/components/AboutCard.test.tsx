import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { fakeFetch, renderAt } from "@/testing/render";
import { AboutCard } from "./AboutCard";

const open = async (body: object) => {
  const sent = fakeFetch(() => ({ body }));
  await renderAt(<AboutCard />);
  return sent;
};

it.each([
  ["isolated", "", "Isolated"],
  ["offline", "The kernel has no nf_tables.", "Isolated, without a network"],
  ["refused", "It has no user namespaces.", "Refused"],
  ["none", "", "Unprotected"],
])("says that code is %s, and why", async (code, code_why, word) => {
  const sent = await open({ code, code_why, mail_domain: "in.example.com" });
  expect(await screen.findByText(word)).toBeTruthy();
  if (code_why) expect(screen.getByText(new RegExp(code_why))).toBeTruthy();
  expect(screen.getByText("@in.example.com")).toBeTruthy();
  expect(sent.map((s) => s.path)).toEqual(["/console/api/about"]);
});

it("says that no e-mail is taken", async () => {
  await open({ code: "isolated", code_why: "", mail_domain: "" });
  expect(await screen.findByText(/None is taken/)).toBeTruthy();
});
