import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { accountQuery, own, type Account } from "@/api/account";
import { SecretDialog } from "@/components/SecretDialog";
import { Time } from "@/components/Time";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { Form, FormActions, useSubmit } from "@/components/ui/form";
import { useToast } from "@/components/ui/toast";
import { canPasskeys, makePasskey } from "@/lib/passkeys";
import { useProven } from "./Proof";

interface Enrolment {
  secret: string;
  uri: string;
  qr: string;
}

/** The second factors: an authenticator app, passkeys, and codes for the day on which they are lost. */
export function FactorsCard({ account }: { account: Account }) {
  const queries = useQueryClient();
  const toast = useToast();
  const { act, dialog } = useProven(account);
  const [enrolment, setEnrolment] = useState<Enrolment>();
  const [codes, setCodes] = useState<string[]>();
  const [naming, setNaming] = useState(false);
  const refresh = async () => {
    await queries.invalidateQueries(accountQuery);
    await queries.invalidateQueries({ queryKey: ["session"] });
  };
  const did = (path: string, said: string) =>
    act(async () => {
      await own("DELETE", path);
      toast.good(said);
      await refresh();
    });
  const any = account.totp || account.passkeys.length > 0;
  return (
    <Card title="Two factors" text="With one of these, a password alone signs nobody in." flush>
      <ul className="divide-y divide-line">
        <Row
          name="Authenticator app"
          text={account.totp ? "It makes the codes that you are asked for." : "An app on your phone makes a code every 30 seconds."}
          action={
            account.totp ? (
              <Button size="sm" variant="dangerGhost" aria-label="Remove the authenticator app" onClick={() => void did("account/totp", "Authenticator app removed")}>
                Remove
              </Button>
            ) : (
              <Button size="sm" onClick={() => void act(async () => setEnrolment(await own<Enrolment>("POST", "account/totp")))}>
                Set up the app
              </Button>
            )
          }
        />
        {account.passkeys.map((k) => (
          <Row
            key={k.id}
            name={`Passkey: ${k.name}`}
            text={
              <>
                Last used <Time row at={k.used_at} none="never" />
              </>
            }
            action={
              <Button size="sm" variant="dangerGhost" aria-label={`Remove the passkey ${k.name}`} onClick={() => void did(`account/passkeys/${k.id}`, "Passkey removed")}>
                Remove
              </Button>
            }
          />
        ))}
        {account.can_passkeys && canPasskeys() && (
          <Row
            name="Passkeys"
            text="A device of yours signs you in by itself, with a finger, a face or a PIN: both factors in one."
            action={
              <Button size="sm" onClick={() => setNaming(true)}>
                Add a passkey
              </Button>
            }
          />
        )}
        {any && (
          <Row
            name="Recovery codes"
            text={`${account.recovery_codes} are left. Each is good once, for the day on which you have no other factor with you.`}
            action={
              <Button size="sm" onClick={() => void act(async () => setCodes((await own<{ recovery_codes: string[] }>("POST", "account/recovery-codes")).recovery_codes))}>
                Make new codes
              </Button>
            }
          />
        )}
      </ul>
      <TotpDialog
        enrolment={enrolment}
        close={() => setEnrolment(undefined)}
        done={async (made) => {
          setEnrolment(undefined);
          setCodes(made);
          await refresh();
        }}
      />
      <PasskeyDialog
        open={naming}
        close={() => setNaming(false)}
        add={async (name) => {
          setNaming(false);
          await act(async () => {
            const credential = await makePasskey(await own("POST", "account/passkeys/begin"));
            await own("POST", "account/passkeys", { name, credential });
            toast.good("Passkey added. All other sessions were ended.");
            await refresh();
          });
        }}
      />
      <SecretDialog
        title="Keep these recovery codes"
        text="Each signs you in once when you have no other factor with you. They are stored as hashes and cannot be shown again."
        values={codes ? [{ label: "Recovery codes", value: codes.join("\n") }] : null}
        close={() => {
          setCodes(undefined);
          void refresh();
        }}
      />
      {dialog}
    </Card>
  );
}

function Row({ name, text, action }: { name: string; text: React.ReactNode; action: React.ReactNode }) {
  return (
    <li className="flex flex-wrap items-center justify-between gap-3 px-4 py-3">
      <div className="min-w-0">
        <div className="break-words font-medium">{name}</div>
        <p className="text-[0.8125rem] text-muted">{text}</p>
      </div>
      {action}
    </li>
  );
}

function TotpDialog({ enrolment, close, done }: { enrolment: Enrolment | undefined; close: () => void; done: (codes: string[]) => Promise<void> }) {
  const [code, setCode] = useState("");
  const { busy, error, forget, form } = useSubmit(async () => {
    const { recovery_codes } = await own<{ recovery_codes: string[] }>("PUT", "account/totp", { code });
    setCode("");
    await done(recovery_codes);
  });
  return (
    <Dialog
      open={enrolment !== undefined}
      onOpenChange={(o) => {
        if (o) return;
        setCode("");
        forget();
        close();
      }}
    >
      <DialogContent title="Set up an authenticator app" description="Scan the picture with the app, and type the code that it shows.">
        <Form of={form} className="space-y-4">
          {enrolment && (
            <>
              <img src={enrolment.qr} alt="The secret as a QR code" width={232} height={232} className="mx-auto rounded bg-white p-2" />
              <p className="text-[0.8125rem] text-muted">
                Or type the secret: <code className="break-all select-all text-text">{enrolment.secret}</code>
              </p>
            </>
          )}
          <Field name="code" label="Code">
            {(ids) => <Input {...ids} inputMode="numeric" autoComplete="one-time-code" pattern="[0-9 ]{6,7}" required value={code} onChange={(e) => setCode(e.target.value)} />}
          </Field>
          <FormActions error={error} action="Confirm" busy={busy} disabled={!code} />
        </Form>
      </DialogContent>
    </Dialog>
  );
}

function PasskeyDialog({ open, close, add }: { open: boolean; close: () => void; add: (name: string) => Promise<void> }) {
  const [name, setName] = useState("");
  const { busy, error, form } = useSubmit(async () => {
    await add(name.trim());
    setName("");
  });
  return (
    <Dialog open={open} onOpenChange={(o) => !o && close()}>
      <DialogContent title="Add a passkey" description="Your browser asks on which device it is to be kept.">
        <Form of={form} className="space-y-4">
          <Field name="name" label="Name" hint="Where it is, for example “laptop”.">
            {(ids) => <Input {...ids} required maxLength={60} autoComplete="off" value={name} onChange={(e) => setName(e.target.value)} />}
          </Field>
          <FormActions error={error} action="Add passkey" busy={busy} disabled={!name.trim()} />
        </Form>
      </DialogContent>
    </Dialog>
  );
}
