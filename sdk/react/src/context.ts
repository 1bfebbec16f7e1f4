import type { Component, ConfigurableProp, ConfiguredProps } from "@patchbay/browser";
import { createContext, useContext } from "react";
import type { Labels } from "./labels.js";

/** What each field knows of its form. */
export interface Form {
  component: Component;
  props: ConfigurableProp[];
  values: ConfiguredProps;
  dynamicPropsId: string | undefined;
  labels: Labels;
  disabled: boolean;
  /** By slug of the app: the OAuth client to connect it with. */
  oauthAppIds: Record<string, string>;
  set: (name: string, value: unknown) => void;
  /** Says that a field's text is no value, or is one again. */
  setBroken: (name: string, message: string | undefined) => void;
}

export const FormContext = createContext<Form | null>(null);

export function useForm(): Form {
  const form = useContext(FormContext);
  if (!form) throw new Error("A field is used outside of <ComponentForm>.");
  return form;
}

/** What a control needs to be one with its label, its help and its error. */
export interface Control<P extends ConfigurableProp = ConfigurableProp> {
  prop: P;
  id: string;
  labelId: string;
  describedBy: string | undefined;
  invalid: boolean;
  disabled: boolean;
  value: unknown;
  set: (value: unknown) => void;
}
