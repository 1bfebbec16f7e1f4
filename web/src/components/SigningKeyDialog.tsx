import { SecretDialog } from "./SecretDialog";

/** A signing key that is shown once. `text` says what becomes of the one before it. */
export function SigningKeyDialog({ shown, text, close }: { shown: { signing_key?: string; standard_secret?: string } | null | undefined; text: string; close: () => void }) {
  return (
    <SecretDialog
      title="Copy the signing key now"
      text={`Your receiver needs it to check signatures. It is shown this once${text}`}
      values={
        shown?.signing_key
          ? [
              { label: "Signing key", value: shown.signing_key },
              { label: "The same for Standard Webhooks", value: shown.standard_secret ?? "" },
            ]
          : null
      }
      close={close}
    />
  );
}
