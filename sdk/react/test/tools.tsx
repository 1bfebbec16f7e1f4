import type { ConfigurableProp, ConfiguredProps } from "@patchbay/browser";
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { vi } from "vitest";
import { ComponentForm, type ComponentFormProps } from "../src/index.js";
import { component, world } from "./world.js";

export const user = userEvent.setup();
export const save = () => user.click(screen.getByRole("button", { name: "Save" }));

/** Shows a form of these props; sent() is what it was submitted with. */
export function form(props: ConfigurableProp[], routes: Record<string, unknown> = {}, more: Partial<ComponentFormProps> = {}) {
  const w = world(routes);
  const onSubmit = vi.fn();
  const shown = w.show(<ComponentForm component={component(...props)} onSubmit={onSubmit} {...more} />);
  return { ...w, ...shown, onSubmit, sent: () => onSubmit.mock.lastCall?.[0].configuredProps as ConfiguredProps | undefined };
}
