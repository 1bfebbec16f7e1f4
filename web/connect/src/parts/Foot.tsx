import type { Brand } from "../contract.ts";
import { say, tell } from "../words.ts";

/** Whom to ask for help. */
export function Support({ brand, request }: { brand: Brand; request?: string }) {
  const { support_email: mail, support_url: url } = brand;
  if (!mail && !url) return null;
  const href = url ?? `mailto:${mail}${request ? `?subject=${encodeURIComponent(`${brand.product}: ${request}`)}` : ""}`;
  return <p class="soft small">{tell("support", { contact: <a href={href} target="_blank" rel="noreferrer noopener">{mail && !url ? mail : say("support.page")}</a> })}</p>;
}

export function Legal({ brand }: { brand: Brand }) {
  const links = [["privacy", brand.privacy_url], ["terms", brand.terms_url]] as const;
  if (!links.some(([, url]) => url)) return null;
  return <p class="legal">{links.map(([key, url]) => url && <a key={key} href={url} target="_blank" rel="noreferrer noopener">{say(key)}</a>)}</p>;
}
