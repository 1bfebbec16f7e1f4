export { ConnectButton, type ConnectButtonProps } from "./button.js";
export { ComponentForm, type ComponentFormProps, type Configured } from "./form.js";
export { useAccounts, useApps, useComponent, useConnect, type Loaded, type LoadedList, type UseAccounts, type UseConnect } from "./hooks.js";
export { english, type Labels } from "./labels.js";
export { PatchbayProvider, usePatchbay, type PatchbayProviderProps } from "./provider.js";
