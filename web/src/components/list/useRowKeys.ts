import { useEffect, type RefObject } from "react";
import { covered, takesText } from "@/lib/keyboard";
import { hasSingleKeys } from "@/lib/storage";

/** j and k go from row to row of the page's first list, c copies the id of the row one is at; Enter is the link's own. */
export function useRowKeys(body: RefObject<HTMLElement | null>) {
  useEffect(() => {
    const down = (e: KeyboardEvent) => {
      if (!["j", "k", "c"].includes(e.key) || e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented || !hasSingleKeys() || takesText(e.target) || covered()) return;
      const lists = [...document.querySelectorAll("[data-rows]")];
      const here = lists.find((l) => l.contains(document.activeElement)) ?? lists[0];
      if (!body.current || here !== body.current) return;
      const rows = [...body.current.querySelectorAll<HTMLElement>("[data-row]")];
      const at = rows.findIndex((r) => r.closest("tr")?.contains(document.activeElement));
      if (e.key === "c") {
        rows[at]?.closest("tr")?.querySelector<HTMLButtonElement>("[data-copy] button")?.click();
        return;
      }
      const next = rows[at < 0 ? 0 : at + (e.key === "j" ? 1 : -1)];
      if (!next) return;
      e.preventDefault();
      next.focus();
      next.scrollIntoView({ block: "nearest" });
    };
    window.addEventListener("keydown", down);
    return () => window.removeEventListener("keydown", down);
  }, [body]);
}
