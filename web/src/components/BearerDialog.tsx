import { SecretDialog } from "./SecretDialog";

export function BearerDialog({ token, close }: { token: string | undefined; close: () => void }) {
  return (
    <SecretDialog
      title="Copy the bearer token now"
      text="Callers send it as “authorization: Bearer …”. Patchbay keeps no copy that it could show again; a lost token can only be replaced."
      values={token ? [{ label: "Bearer token", value: token }] : null}
      close={close}
    />
  );
}
