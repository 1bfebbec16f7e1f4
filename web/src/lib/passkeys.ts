/** What passkeys need of a browser; the server's JSON is the form that browsers read and write themselves. */
interface Json {
  publicKey: unknown;
}

interface FromJson {
  parseCreationOptionsFromJSON(o: unknown): PublicKeyCredentialCreationOptions;
  parseRequestOptionsFromJSON(o: unknown): PublicKeyCredentialRequestOptions;
}

const form = () => (typeof PublicKeyCredential === "undefined" ? undefined : (PublicKeyCredential as unknown as Partial<FromJson>));

/** Whether this browser can. */
export const canPasskeys = () => typeof form()?.parseRequestOptionsFromJSON === "function";

const said = (c: Credential | null) => {
  if (!c) throw new Error("No passkey was chosen.");
  return (c as unknown as { toJSON(): unknown }).toJSON();
};

/** A person who closes the browser's window has done nothing wrong. */
const words = (e: unknown) => {
  if (e instanceof DOMException) throw new Error(e.name === "InvalidStateError" ? "This device has a passkey for your account already." : "The passkey was not shown. Try again.");
  throw e;
};

export const makePasskey = async (options: Json) =>
  said(await navigator.credentials.create({ publicKey: (form() as FromJson).parseCreationOptionsFromJSON(options.publicKey) }).catch(words));

export const showPasskey = async (options: Json) =>
  said(await navigator.credentials.get({ publicKey: (form() as FromJson).parseRequestOptionsFromJSON(options.publicKey) }).catch(words));
