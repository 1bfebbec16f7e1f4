import { Monitor, Moon, Smartphone, Sun, Tablet } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { Brand } from "@/api/types";
import { cn } from "@/lib/cn";
import { locales, screenGroups, screenTitle } from "@/lib/brand";
import { inputStyle } from "./ui/field";
import { Choice } from "./ui/choice";

const widths: Record<string, { label: string; icon: typeof Monitor; width: number; height: number }> = {
  phone: { label: "Phone, 360 pixels", icon: Smartphone, width: 360, height: 680 },
  tablet: { label: "Tablet, 768 pixels", icon: Tablet, width: 768, height: 860 },
  desktop: { label: "Desktop, 1200 pixels", icon: Monitor, width: 1200, height: 820 },
};
const address = "/_static/preview.html";

/** The connect page itself, in any of its screens and states, with a brand that need not be saved. It is of our own origin and hears of no other. */
export function BrandPreview({ brand, stale }: { brand: Brand; stale: boolean }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const [screens, setScreens] = useState<string[]>();
  const [missing, setMissing] = useState(false);
  const [screen, setScreen] = useState("explain");
  const [locale, setLocale] = useState("en");
  const [mode, setMode] = useState<"light" | "dark">("light");
  const [size, setSize] = useState(() => (window.innerWidth < 640 ? "phone" : "tablet"));
  const [room, setRoom] = useState(0);

  useEffect(() => {
    const hear = (e: MessageEvent) => {
      const said = e.data as { type?: string; screens?: string[] } | null;
      if (e.origin !== window.location.origin || e.source !== frame.current?.contentWindow || said?.type !== "patchbay-preview-ready") return;
      setScreens(said.screens ?? []);
      setMissing(false);
    };
    window.addEventListener("message", hear);
    const late = setTimeout(() => setMissing(true), 6_000);
    return () => {
      window.removeEventListener("message", hear);
      clearTimeout(late);
    };
  }, []);
  useEffect(() => {
    if (screens) frame.current?.contentWindow?.postMessage({ type: "patchbay-preview", brand, screen, locale, mode: brand.mode === "auto" ? mode : brand.mode }, window.location.origin);
  }, [screens, brand, screen, locale, mode]);
  useEffect(() => {
    if (!box.current || typeof ResizeObserver === "undefined") return;
    const seen = new ResizeObserver(([e]) => e && setRoom(e.contentRect.width));
    seen.observe(box.current);
    return () => seen.disconnect();
  }, []);

  const { width, height } = widths[size] ?? widths.tablet!;
  const scale = room > 0 ? Math.min(1, room / width) : 1;
  const nothing = missing && !screens;
  return (
    <section aria-label="Preview" className="min-w-0 overflow-hidden rounded-lg border border-line bg-surface shadow-card">
      <div className="flex flex-wrap items-center gap-2 border-b border-line p-2">
        <select aria-label="Screen" value={screen} onChange={(e) => setScreen(e.target.value)} className={cn(inputStyle, "w-auto min-w-0 max-w-60 grow")}>
          {screenGroups(screens ?? [screen]).map((g) => (
            <optgroup key={g.label} label={g.label}>
              {g.ids.map((id) => (
                <option key={id} value={id}>
                  {screenTitle(id)}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
        <select aria-label="Language" value={locale} onChange={(e) => setLocale(e.target.value)} className={cn(inputStyle, "w-auto")}>
          {Object.entries(locales).map(([code, name]) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
          <option value="test">Right to left</option>
        </select>
        <div className="ml-auto flex flex-wrap items-center gap-2">
          {brand.mode === "auto" && (
            <Choice label="Mode" value={mode} onChange={(m) => setMode(m as typeof mode)} options={[{ value: "light", label: "Light", icon: Sun }, { value: "dark", label: "Dark", icon: Moon }]} />
          )}
          <Choice label="Width" value={size} onChange={setSize} options={Object.entries(widths).map(([value, w]) => ({ value, label: w.label, icon: w.icon }))} />
        </div>
      </div>
      <div className="relative bg-sunken p-3 sm:p-4" aria-busy={stale || undefined}>
        <div ref={box} className="flex justify-center">
          <div style={{ width: width * scale, height: Math.min(height, 680) }} className="overflow-hidden rounded-md border border-line bg-surface shadow-card">
            <iframe
              ref={frame}
              title={`Preview: ${screenTitle(screen)}`}
              src={address}
              style={{ width, height: Math.min(height, 680) / scale, transform: `scale(${scale})`, transformOrigin: "0 0" }}
              className="block border-0"
            />
          </div>
        </div>
        {nothing && (
          <div role="status" className="absolute inset-0 grid place-items-center bg-sunken p-6 text-center text-muted">
            <p>
              The connect page was not built into this binary, so there is no preview. Run <code>make build</code>.
            </p>
          </div>
        )}
      </div>
    </section>
  );
}
