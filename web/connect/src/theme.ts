import type { Brand } from "./contract.ts";

const colours = ["accent", "background", "surface", "text"] as const;

let worn = ""; // the file of the font that was fetched last

/** Gives a brand to the page's style; styles/theme.css makes the rest of it. api/hosted does the same in the HTML. */
export function wear(brand: Brand, mode = brand.mode, root = document.documentElement) {
  root.dataset.mode = mode;
  root.dataset.font = brand.font;
  for (const name of colours) {
    for (const [suffix, palette] of [["", brand.light], ["-dark", brand.dark]] as const) {
      const value = palette[name];
      if (value) root.style.setProperty(`--b-${name}${suffix}`, value);
      else root.style.removeProperty(`--b-${name}${suffix}`);
    }
  }
  root.style.setProperty("--b-radius", `${Math.min(24, Math.max(0, brand.radius))}px`);
  if (brand.font === "custom" && brand.font_url && brand.font_url !== worn && "FontFace" in window) {
    worn = brand.font_url;
    const font = new FontFace("Brand", `url("${encodeURI(brand.font_url)}")`, { weight: "100 900" });
    font.load().then((f) => document.fonts.add(f), () => undefined); // a file that is none leaves the system's font
  }
}
