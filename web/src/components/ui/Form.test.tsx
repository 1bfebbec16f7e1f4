import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { ApiError } from "@/api/client";
import { Button } from "./button";
import { Field, Input } from "./field";
import { Dialog, DialogContent } from "./dialog";
import { Form, FormActions, FormError, useSubmit } from "./form";
import { LookOnly } from "./lookOnly";

function Asked({ refusal, folded }: { refusal: ApiError; folded?: boolean }) {
  const { error, form } = useSubmit(() => Promise.reject(refusal));
  const field = <Field name="rate" label="Rate">{(ids) => <Input {...ids} />}</Field>;
  return (
    <Form of={form}>
      <Field name="url" label="URL">{(ids) => <Input {...ids} />}</Field>
      {folded ? <details>{field}</details> : field}
      <FormError error={error} />
      <button type="submit">Save</button>
    </Form>
  );
}
const refusal = (field?: string) => new ApiError("No.", 400, "invalid", { field });

test("what the API has against a field is said at it, and who filled it in is brought there", async () => {
  render(<Asked refusal={refusal("rate.per_second")} folded />);
  await userEvent.click(screen.getByRole("button"));
  const rate = await screen.findByLabelText("Rate");
  expect(document.getElementById(rate.getAttribute("aria-describedby")!)?.textContent).toBe("No.");
  expect(rate.getAttribute("aria-invalid")).toBe("true");
  expect(rate.closest("details")?.open).toBe(true);
  expect(document.activeElement).toBe(rate);
  expect(screen.getByLabelText("URL").getAttribute("aria-invalid")).toBeNull();
  expect(screen.queryByRole("alert")).toBeNull();
});

test.each([["nothing", undefined], ["what the form does not show", "colour"]])("what is about %s is said at the end", async (_, field) => {
  render(<Asked refusal={refusal(field)} />);
  await userEvent.click(screen.getByRole("button"));
  expect((await screen.findByRole("alert")).textContent).toBe("No.");
  expect(screen.getByLabelText("Rate").getAttribute("aria-invalid")).toBeNull();
});

function Dialogued({ own, sent }: { own?: boolean; sent: () => void }) {
  const { error, busy, form } = useSubmit(async () => sent());
  return (
    <Dialog defaultOpen>
      <DialogContent title="Endpoint">
        <Form of={form} own={own}>
          <Field name="url" label="URL">{(ids) => <Input {...ids} defaultValue="https://a.example" />}</Field>
          <FormActions action="Save" busy={busy} disabled={false} error={error} />
        </Form>
      </DialogContent>
    </Dialog>
  );
}

test("who may only look reads a form and why it cannot be sent, and gets out of it", async () => {
  const sent = vi.fn();
  render(<LookOnly.Provider value="You are viewer."><Dialogued sent={sent} /></LookOnly.Provider>);
  expect(screen.getByRole("note").textContent).toBe("You are viewer.");
  const url = screen.getByLabelText<HTMLInputElement>("URL");
  expect([url.value, url.matches(":disabled")]).toEqual(["https://a.example", true]);
  expect(screen.queryByRole("button", { name: "Save" })).toBeNull();
  fireEvent.submit(url.form!);
  expect(sent).not.toHaveBeenCalled();
  await userEvent.click(screen.getAllByRole("button", { name: "Close" }).at(-1)!);
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("what is one's own is sent by everybody", async () => {
  const sent = vi.fn();
  render(<LookOnly.Provider value="You are viewer."><Dialogued own sent={sent} /></LookOnly.Provider>);
  expect(screen.queryByRole("note")).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(sent).toHaveBeenCalledOnce());
});

test("a button that acts by itself is off for who may only look, and says why", async () => {
  const act = vi.fn();
  const buttons = <><Button acts onClick={act}>Pause</Button><Button onClick={act}>Copy</Button></>;
  const { unmount } = render(<LookOnly.Provider value="You are viewer.">{buttons}</LookOnly.Provider>);
  const pause = screen.getByRole("button", { name: "Pause", description: "You are viewer." });
  expect(pause.getAttribute("aria-disabled")).toBe("true");
  await userEvent.click(pause);
  expect(act).not.toHaveBeenCalled();
  await userEvent.click(screen.getByRole("button", { name: "Copy" }));
  expect(act).toHaveBeenCalledOnce();
  unmount();
  render(buttons);
  await userEvent.click(screen.getByRole("button", { name: "Pause" }));
  expect(act).toHaveBeenCalledTimes(2);
});
