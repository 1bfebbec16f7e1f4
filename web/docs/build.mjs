// Builds the documentation into dist: one page of HTML for each entry of contents.mjs, an index to search it without a network, and
// the reference that Redoc draws from the contract. A link to what is not there ends the build.
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import MarkdownIt from "markdown-it";
import MiniSearch from "minisearch";
import { documented, eachOperation } from "./contract.mjs";
import { contents, elsewhere } from "./contents.mjs";
import { escape, frame } from "./frame.mjs";

const here = dirname(fileURLToPath(import.meta.url)), root = join(here, "../.."), dist = join(here, "dist");
const read = (file) => readFileSync(join(root, file), "utf8");

/** The anchor of a heading, as hosts of repositories make it, so that links hold in both places. */
export const anchor = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replace(/\s/g, "-");

/** Cuts Markdown at its headings; what stands in a block of code is none. */
export function sections(source) {
  const out = [{ level: 0, title: "", lines: [] }];
  let code = false;
  for (const line of source.split("\n")) {
    if (/^\s*```/.test(line)) code = !code;
    const m = code ? null : /^(#{1,4})\s+(.*)$/.exec(line);
    if (m) out.push({ level: m[1].length, title: m[2].trim(), lines: [line] });
    else out.at(-1).lines.push(line);
  }
  return out;
}

/** The Markdown of a page, with its headings. */
export function part(source, page) {
  const all = sections(source);
  if (page.until) return all.slice(0, all.findIndex((s) => s.title === page.until));
  if (!page.section) return all;
  const from = all.findIndex((s) => s.title === page.section);
  if (from < 0) throw new Error(`${page.file} has no section “${page.section}”`);
  const end = all.findIndex((s, i) => i > from && (page.alone ? s.level > 0 : s.level <= all[from].level));
  return all.slice(from, end < 0 ? undefined : end);
}

function build() {
  const pages = contents.flatMap((group) => group.pages.map((p) => ({ ...p, group: group.title, parts: part(read(p.file), p) })));
  for (const p of pages) {
    p.title ??= p.parts.find((s) => s.level === 1)?.title ?? p.section;
    p.url = `/docs${p.path ? `/${p.path}` : ""}`;
  }
  /** Where a file, and a heading in it, is to be found. */
  const whole = new Map(), headed = new Map();
  for (const p of pages) {
    if (!whole.has(p.file)) whole.set(p.file, p.url);
    for (const s of p.parts) if (s.title) headed.set(`${p.file}#${anchor(s.title)}`, `${p.url}#${anchor(s.title)}`);
  }
  const broken = [];
  const resolve = (page, href) => {
    if (/^(https?:|mailto:)/.test(href)) return href;
    const [path, hash] = href.split("#");
    const file = path === "" ? page.file : normalize(join(dirname(page.file), path)).replace(/\/$/, "");
    if (file.startsWith("/docs")) return href;
    if (file in elsewhere) return elsewhere[file];
    const of = [file, `${file}/README.md`].find((f) => whole.has(f));
    const to = of && (hash ? headed.get(`${of}#${hash}`) : whole.get(of));
    if (!to && (hash || !existsSync(join(root, file)))) broken.push(`${page.file}: ${href}`);
    return to ?? null;
  };

  rmSync(dist, { recursive: true, force: true });
  mkdirSync(join(dist, "assets"), { recursive: true });
  writeFileSync(join(dist, ".keep"), "");
  const search = new MiniSearch({ fields: ["title", "text"], storeFields: ["title", "page", "url"] });
  for (const page of pages) {
    const md = new MarkdownIt({ html: false, linkify: false });
    md.renderer.rules.heading_open = (tokens, i) => `<${tokens[i].tag} id="${anchor(tokens[i + 1].content)}">`;
    let tables = 0;
    md.renderer.rules.table_open = () => `<div class="wide" tabindex="0" role="region" aria-label="Table ${++tables}"><table>`;
    for (const edge of ["thead_open", "thead_close"]) { // a table without a head in Markdown has an empty one
      md.renderer.rules[edge] = (tokens, i, options, env, self) => {
        const row = edge === "thead_open" ? tokens.slice(i, tokens.findIndex((t, j) => j > i && t.type === "thead_close")) : tokens[i].row;
        if (edge === "thead_open" && row.every((t) => t.type !== "inline" || t.content === "")) {
          for (const t of row) {
            t.hidden = true;
            t.children = [];
          }
          return "";
        }
        return tokens[i].hidden ? "" : self.renderToken(tokens, i, options);
      };
    }
    md.renderer.rules.th_open = (tokens, i) => (tokens[i].hidden ? "" : tokens[i + 1].content === "" ? "<td>" : '<th scope="col">');
    md.renderer.rules.th_close = (tokens, i) => (tokens[i].hidden ? "" : tokens[i - 1].content === "" ? "</td>" : "</th>");
    md.renderer.rules.table_close = () => "</table></div>";
    md.renderer.rules.fence = (tokens, i) => `<div class="code"><pre tabindex="0"><code>${escape(tokens[i].content)}</code></pre><button type="button" data-copy>Copy</button></div>`;
    md.renderer.rules.code_block = md.renderer.rules.fence;
    md.renderer.rules.link_open = (tokens, i, options, env, self) => {
      const to = resolve(page, decodeURI(tokens[i].attrGet("href")));
      if (to === null) { // it is not in the documentation: its words stay
        let depth = i + 1;
        while (tokens[depth].type !== "link_close") depth++;
        tokens[depth].hidden = true;
        return "";
      }
      tokens[i].attrSet("href", to);
      return self.renderToken(tokens, i, options);
    };
    md.renderer.rules.link_close = (tokens, i) => (tokens[i].hidden ? "" : "</a>");
    md.renderer.rules.image = (tokens, i) => {
      const file = normalize(join(dirname(page.file), tokens[i].attrGet("src")));
      const name = file.split("/").at(-1);
      copyFileSync(join(root, file), join(dist, "assets", name));
      return `<img src="/docs/assets/${name}" alt="${escape(tokens[i].content)}" loading="lazy">`;
    };
    let source = page.parts.map((s) => s.lines.join("\n")).join("\n");
    if (page.section) source = source.replace(/^#+ .*$/m, `# ${page.title}`);
    if (page.beside) {
      for (const f of readdirSync(join(root, page.beside)).filter((f) => f.endsWith(".yaml"))) source += `\n\n## ${f.replace(".yaml", "")}\n\n\`\`\`yaml\n${read(join(page.beside, f)).trimEnd()}\n\`\`\`\n`;
    }
    const tops = sections(source).filter((s) => s.level === 2).map((s) => ({ title: s.title, anchor: anchor(s.title) }));
    const html = md.render(source);
    const target = join(dist, page.path || ".", "index.html");
    mkdirSync(dirname(target), { recursive: true });
    const order = pages.indexOf(page);
    writeFileSync(target, frame({ page, contents: group(pages), html, tops, before: pages[order - 1], after: pages[order + 1] }));
    for (const [i, s] of sections(source).entries()) {
      const text = s.lines.slice(s.title ? 1 : 0).join("\n").replace(/```[a-z ]*/g, " ");
      if (text.trim()) search.add({ id: `${page.url}#${i}`, title: s.title.replace(/`/g, "") || page.title, page: page.title, url: s.level > 1 ? `${page.url}#${anchor(s.title)}` : page.url, text });
    }
  }
  if (broken.length > 0) throw new Error(`links that lead nowhere:\n${broken.join("\n")}`);

  const contract = documented();
  eachOperation(contract, (path, method, op) => {
    search.add({ id: op.operationId, title: op.summary, page: "API reference", url: `/docs/api#operation/${op.operationId}`, text: `${method} ${path} ${op.operationId} ${op.description ?? ""}` });
  });
  mkdirSync(join(dist, "api"));
  writeFileSync(join(dist, "api/index.html"), frame({ page: { title: "API reference", url: "/docs/api", group: "Reference" }, contents: group(pages), reference: true }));
  writeFileSync(join(dist, "assets/openapi.json"), JSON.stringify(contract));
  writeFileSync(join(dist, "assets/search.json"), JSON.stringify(search));
  const at = (name) => join(here, "node_modules", name);
  const redoc = readFileSync(at("redoc/bundles/redoc.standalone.js"), "utf8");
  writeFileSync(join(dist, "assets/redoc.js"), redoc.replaceAll("https://cdn.redoc.ly/redoc/logo-mini.svg", "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=")); // nothing is loaded from elsewhere
  copyFileSync(at("minisearch/dist/umd/index.js"), join(dist, "assets/minisearch.js"));
  for (const f of ["style.css", "docs.js", "reference.js"]) copyFileSync(join(here, "assets", f), join(dist, "assets", f));
  console.log(`${pages.length + 1} pages, ${search.documentCount} entries to search`);
}

/** The pages under the titles of contents.mjs. */
const group = (pages) => contents.map((g) => ({ title: g.title, pages: pages.filter((p) => p.group === g.title) }));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!existsSync(join(root, "README.md"))) throw new Error("build the documentation inside the repository");
  build();
}
