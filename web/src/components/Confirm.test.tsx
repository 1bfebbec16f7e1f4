import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { ApiError } from "@/api/client";
import { Confirm } from "./Confirm";
import { ToastProvider } from "./ui/toast";

function show(act: () => Promise<unknown>, after = vi.fn()) {
  render(
    <ToastProvider>
      <Confirm trigger={<button>Delete</button>} title="Delete this user?" text="All goes." action="Delete user" typed="user-1" done="User deleted" act={act} after={after} />
    </ToastProvider>,
  );
  return after;
}

it("acts only once the id is typed in full", async () => {
  const act = vi.fn(() => Promise.resolve());
  const after = show(act);
  await userEvent.click(screen.getByText("Delete"));
  const field = await screen.findByLabelText("Type the id to confirm");
  expect(document.activeElement).toBe(field);
  await userEvent.type(field, "user-{Enter}");
  expect(act).not.toHaveBeenCalled();
  await userEvent.type(field, "1{Enter}");
  await waitFor(() => expect(after).toHaveBeenCalledTimes(1));
  expect(act).toHaveBeenCalledTimes(1);
  expect(screen.queryByRole("alertdialog")).toBeNull();
});

it("stays open with the reason when the act fails", async () => {
  const after = show(() => Promise.reject(new ApiError("It is in use.", 409, "conflict", { request_id: "req_3" })));
  await userEvent.click(screen.getByText("Delete"));
  await userEvent.type(await screen.findByLabelText("Type the id to confirm"), "user-1{Enter}");
  expect((await screen.findByRole("alert")).textContent).toBe("It is in use. (request req_3)");
  expect(after).not.toHaveBeenCalled();
});
