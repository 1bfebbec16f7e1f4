import { expect, it } from "vitest";
import { emptyAnswer, readAnswer, type FormField } from "./answers";

const fields: FormField[] = [
  { name: "amount", type: "number", required: true },
  { name: "why", type: "choice", options: ["late", "lost"] },
  { name: "note", type: "text", long: true },
  { name: "sure", type: "boolean", required: true },
];

it("asks for what is needed", () => {
  expect(readAnswer(fields, emptyAnswer(fields))).toEqual({ data: { amount: null, why: null, note: null, sure: false }, wrong: { amount: "This is needed.", sure: "This has to be confirmed." } });
});

it.each([
  ["12", 12],
  [" 12,5 ", 12.5],
  ["-3e2", -300],
])("reads %j as a number", (typed, want) => expect(readAnswer(fields, { amount: typed, sure: true })).toMatchObject({ data: { amount: want }, wrong: {} }));

it.each(["a", "1,2,3", "Infinity", "NaN"])("does not take %j for one", (typed) => expect(readAnswer(fields, { amount: typed, sure: true }).wrong).toEqual({ amount: `“${typed}” is no number.` }));

it("keeps the blanks of a long text alone", () => {
  const of = (long: boolean) => readAnswer([{ name: "note", type: "text", long }], { note: " a\n" }).data.note;
  expect([of(true), of(false)]).toEqual([" a\n", "a"]);
});
