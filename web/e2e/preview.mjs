// Serves the built preview of the connect page, where every screen can be seen
// in every state without a server behind it.
import { existsSync, readFileSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { listen } from "./stack.mjs";

const dist = resolve(import.meta.dirname, "../connect/dist");
const kinds = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

/** The logo of an app that is not there: its initial on a colour of its own. */
const logo = (slug) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><rect width="48" height="48" rx="11" fill="hsl(${[...slug].reduce((n, c) => n + c.charCodeAt(0) * 7, 0) % 360} 58% 38%)"/><text x="24" y="31" font-family="sans-serif" font-size="20" font-weight="600" fill="#fff" text-anchor="middle">${slug.slice(0, 2).toUpperCase()}</text></svg>`;

export async function preview() {
  if (!existsSync(join(dist, "preview.html"))) throw new Error("the connect page is not built: make web");
  return listen((req, res) => {
    const path = req.url.split("?")[0].replace("/_static/connect/", "");
    const app = path.match(/_static\/apps\/(\w+)\/logo\.svg|_static\/logos\/(\w+)/);
    if (path === "/favicon.ico") return res.writeHead(204).end();
    if (app) return res.writeHead(200, { "Content-Type": "image/svg+xml" }).end(logo(app[1] ?? "N"));
    const file = join(dist, path);
    if (!file.startsWith(dist) || !existsSync(file)) return res.writeHead(404).end();
    res.writeHead(200, { "Content-Type": kinds[extname(file)] ?? "text/plain", "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'" }).end(readFileSync(file));
  });
}

export const viewports = [{ width: 320, height: 640 }, { width: 768, height: 1024 }, { width: 1280, height: 860 }];
