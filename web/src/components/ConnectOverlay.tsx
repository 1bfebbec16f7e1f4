import { useQuery } from "@tanstack/react-query";
import { CircleCheck, ExternalLink, X } from "lucide-react";
import { Dialog as D } from "radix-ui";
import { useEffect, useRef, useState } from "react";
import { listAccounts } from "@/api/calls";
import type { App } from "@/api/types";
import { embedURL, readMessage, tabURL } from "@/lib/connect";
import { useScope } from "@/lib/hooks";
import { Button, buttonStyle } from "./ui/button";
import { useToast } from "./ui/toast";

interface Props {
  link: string;
  app: Pick<App, "name" | "name_slug">;
  externalUserId: string;
  /** The scope profile to ask for. */
  profile?: string;
  known: Set<string>;
  /** Told once of an account that is new, or connected again. */
  onConnected?: (accountId: string) => void;
  close: () => void;
}

/**
 * The hosted page over the whole window. It ends when that page says so, or when the reader closes it. The list
 * of accounts is watched as well: the page may be opened in a tab of its own, from where no message comes, when
 * its certificate is not trusted here.
 */
export function ConnectOverlay({ link, app, externalUserId, profile, known, onConnected, close }: Props) {
  const scope = useScope();
  const toast = useToast();
  const [src] = useState(() => embedURL(link, app.name_slug, profile));
  const [inTab, setInTab] = useState(false);
  const told = useRef(false);

  const accounts = useQuery({
    queryKey: ["accounts", scope, "watched", externalUserId],
    queryFn: () => listAccounts(scope, { external_user_id: externalUserId, limit: 200 }),
    refetchInterval: 2_000,
    // While the other tab is in front, this one is in the background and has to go on watching.
    refetchIntervalInBackground: true,
    retry: false,
    gcTime: 0,
  });
  const fresh = accounts.data?.data.find((a) => !known.has(a.id));

  const connected = (accountId: string, name?: string | null) => {
    if (told.current) return;
    told.current = true;
    if (accountId) onConnected?.(accountId);
    toast.good("Account connected", name ? `${name} on ${app.name}` : app.name);
  };
  const onMessage = useRef<(e: MessageEvent) => void>(() => {});
  useEffect(() => {
    onMessage.current = (e) => {
      const m = readMessage(e, src);
      if (!m) return;
      if (m.type === "success") connected(m.authProvisionId);
      if (m.type === "error") toast.bad("The account was not connected", m.error);
      if (m.type === "close") close();
    };
  });
  useEffect(() => {
    const listen = (e: MessageEvent) => onMessage.current(e);
    window.addEventListener("message", listen);
    return () => window.removeEventListener("message", listen);
  }, []);

  useEffect(() => {
    if (!fresh) return;
    connected(fresh.id, fresh.name);
    if (inTab) close();
    // Only the arrival of the account counts.
  }, [fresh?.id, inTab]);

  return (
    <D.Root open onOpenChange={(open) => !open && close()}>
      <D.Portal>
        <D.Content aria-describedby={undefined} onInteractOutside={(e) => e.preventDefault()} className="fixed inset-0 z-[60] flex flex-col bg-bg focus:outline-none">
          <div className="flex min-h-10 items-center gap-3 border-b border-line bg-surface px-3 py-1">
            <D.Title className="min-w-0 truncate font-semibold max-sm:grow">Connecting {app.name}</D.Title>
            {fresh ? (
              <span role="status" className="inline-flex min-w-0 items-center gap-1.5 text-good">
                <CircleCheck className="size-4 shrink-0" aria-hidden />
                <span className="truncate max-sm:sr-only">Connected{fresh.name ? ` as ${fresh.name}` : ""}</span>
              </span>
            ) : (
              <span className="hidden truncate text-muted sm:inline">as {externalUserId}</span>
            )}
            <span className="ml-auto whitespace-nowrap text-[0.8125rem] text-muted max-md:hidden">{inTab ? "Waiting for the account to appear…" : "Empty, or a warning about the certificate?"}</span>
            <a href={tabURL(link, app.name_slug, profile)} target="_blank" rel="noopener noreferrer" onClick={() => setInTab(true)} className={`${buttonStyle({ size: "sm" })} max-md:ml-auto`}>
              <ExternalLink className="size-3.5" aria-hidden />
              Open in a new tab
            </a>
            <D.Close asChild>
              <Button size="sm" variant={fresh ? "primary" : "ghost"} aria-label={fresh ? undefined : "Close"}>
                {fresh ? "Done" : <X className="size-4" aria-hidden />}
              </Button>
            </D.Close>
          </div>
          <iframe title={`Connect ${app.name}`} src={src} allow="clipboard-write" className="min-h-0 w-full grow border-0 bg-white" />
        </D.Content>
      </D.Portal>
    </D.Root>
  );
}
