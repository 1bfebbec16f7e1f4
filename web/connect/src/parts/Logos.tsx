import type { App, Brand } from "../contract.ts";
import { Icon } from "./Icon.tsx";

/** The product's logo, in light and in dark, or the first letter of its name. */
export function ProductLogo({ brand }: { brand: Brand }) {
  if (!brand.logo_url) return <span class="tile letter">{[...brand.product][0]}</span>;
  return (
    <span class="tile">
      <img class={brand.logo_dark_url ? "on-light" : undefined} src={brand.logo_url} alt="" width="52" height="52" />
      {brand.logo_dark_url && <img class="on-dark" src={brand.logo_dark_url} alt="" width="52" height="52" />}
    </span>
  );
}

export function AppLogo({ app, small }: { app: App; small?: boolean }) {
  return <img class={small ? "tile small" : "tile"} src={app.logo_url} alt="" width={small ? 40 : 52} height={small ? 40 : 52} loading={small ? "lazy" : "eager"} />;
}

/** Who connects to what, and how far that is. */
export function Pair({ brand, app, state = "idle" }: { brand: Brand; app: App | null; state?: "idle" | "busy" | "good" | "bad" }) {
  return (
    <div class={`pair ${state}`} aria-hidden="true">
      <ProductLogo brand={brand} />
      {app && <span class="cable">{(state === "good" || state === "bad") && <span class="knot"><Icon name={state === "good" ? "check" : "close"} /></span>}</span>}
      {app && <AppLogo app={app} />}
    </div>
  );
}
