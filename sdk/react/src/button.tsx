import type { OpenOptions } from "@patchbay/browser";
import type { ButtonHTMLAttributes } from "react";
import { useConnect } from "./hooks.js";
import { useShared } from "./provider.js";

export interface ConnectButtonProps extends OpenOptions, Omit<ButtonHTMLAttributes<HTMLButtonElement>, keyof OpenOptions> {}

/** A button that lets the user connect an account. */
export function ConnectButton(props: ConnectButtonProps) {
  const { app, oauthAppId, appOverrideId, accountId, oauthScopeProfile, hideClose, locale, token, view, mode, onSuccess, onError, onClose, onClick, className, disabled, children, ...rest } = props;
  const { labels } = useShared();
  const { connect, connecting } = useConnect({ app, oauthAppId, appOverrideId, accountId, oauthScopeProfile, hideClose, locale, token, view, mode, onSuccess, onError, onClose });
  return (
    <button
      type="button"
      {...rest}
      className={className ?? "pb-button"}
      disabled={disabled || connecting}
      aria-busy={connecting}
      onClick={(event) => {
        onClick?.(event);
        if (!event.defaultPrevented) connect();
      }}
    >
      {children ?? (accountId ? labels.reconnect : labels.connect)}
    </button>
  );
}
