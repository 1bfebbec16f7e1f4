import { createContext } from "react";

/** Why nothing can be sent from where this stands, such as by somebody who may only look; nothing where it can. */
export const LookOnly = createContext<string | undefined>(undefined);
