import { useState } from "react";
import type { App } from "@/api/types";
import { cn } from "@/lib/cn";

/** The app's image on a light tile, as logos expect one; its first letter when the image does not load. */
export function AppIcon({ app, size = 20 }: { app: Pick<App, "name" | "img_src">; size?: number }) {
  const [broken, setBroken] = useState(false);
  const show = app.img_src !== "" && !broken;
  return (
    <span
      aria-hidden
      style={{ width: size, height: size, fontSize: size * 0.5 }}
      className={cn("inline-flex shrink-0 items-center justify-center overflow-hidden rounded border border-line font-semibold", show ? "bg-white p-px" : "bg-accent-soft text-accent")}
    >
      {show ? <img src={app.img_src} alt="" className="size-full object-contain" onError={() => setBroken(true)} /> : app.name.slice(0, 1).toUpperCase()}
    </span>
  );
}

export function AppName({ app }: { app: Pick<App, "name" | "img_src"> }) {
  return (
    <span className="inline-flex min-w-0 items-center gap-2 align-middle">
      <AppIcon app={app} />
      <span className="truncate">{app.name}</span>
    </span>
  );
}
