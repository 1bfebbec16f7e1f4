import type { ConfigurableProp } from "@patchbay/browser";
import { useEffect } from "react";
import { ConnectButton } from "./button.js";
import { useForm, type Control } from "./context.js";
import { useAccounts } from "./hooks.js";

/** An account of the app: one that is there, or another that is connected now. */
export function AppField({ prop, id, describedBy, invalid, disabled, value, set }: Control<Extract<ConfigurableProp, { type: "app" }>>) {
  const { labels, oauthAppIds } = useForm();
  const oauthAppId = oauthAppIds[prop.app];
  const { accounts, loading, error, reload } = useAccounts({ app: prop.app, oauthAppId });
  const now = (value as { authProvisionId?: string } | undefined)?.authProvisionId;
  const only = accounts.length === 1 && accounts[0]!.healthy && !prop.optional ? accounts[0]!.id : undefined;
  useEffect(() => {
    if (!now && only && !disabled) set({ authProvisionId: only }); // there is nothing to choose
  }, [now, only]);
  const chosen = accounts.find((a) => a.id === now);
  const off = disabled || !!prop.readOnly;
  return (
    <div className="pb-app">
      {(accounts.length > 0 || now) && (
        <select
          id={id} className="pb-input" aria-label={prop.label ?? prop.app} aria-describedby={describedBy} aria-invalid={invalid || undefined} aria-required={!prop.optional || undefined} disabled={off} value={now ?? ""}
          onChange={(e) => set(e.target.value ? { authProvisionId: e.target.value } : undefined)}
        >
          {(!now || prop.optional) && <option value="">{labels.chooseAccount}</option>}
          {now && !chosen && <option value={now}>{loading ? labels.loading : now}</option>}
          {accounts.map((a) => <option key={a.id} value={a.id}>{a.name ?? a.id}{a.dead ? ` (${labels.needsReconnecting})` : ""}</option>)}
        </select>
      )}
      {loading && !accounts.length && <p className="pb-note" role="status">{labels.loading}</p>}
      {error && <p className="pb-error" role="alert">{error.message} <button type="button" className="pb-link" onClick={reload}>{labels.retry}</button></p>}
      {chosen?.dead
        ? <ConnectButton app={prop.app} accountId={chosen.id} oauthAppId={oauthAppId} disabled={off} />
        : <ConnectButton id={accounts.length || now ? undefined : id} className={accounts.length ? "pb-button pb-quiet" : undefined} app={prop.app} oauthAppId={oauthAppId} disabled={off} aria-describedby={describedBy} onSuccess={(a) => set({ authProvisionId: a.id })}>{accounts.length ? labels.connectAnother : labels.connect}</ConnectButton>}
    </div>
  );
}
