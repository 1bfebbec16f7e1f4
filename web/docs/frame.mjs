/** A text as it may stand in HTML, also in an attribute. */
export const escape = (text) => text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

/** The HTML of a page: what is around its text is the same on each. */
export function frame({ page, contents, html = "", tops = [], before, after, reference = false }) {
  const link = (p) => `<li><a href="${p.url}"${p.url === page.url ? ' aria-current="page"' : ""}>${escape(p.title)}</a></li>`;
  const groups = contents.map((g) => `<h2>${g.title}</h2><ul>${g.pages.map(link).join("")}${g.title === "Reference" ? link({ url: "/docs/api", title: "API" }) : ""}</ul>`).join("");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(page.title)} · Patchbay documentation</title>
<link rel="stylesheet" href="/docs/assets/style.css">
<link rel="icon" href="/favicon.svg">
<script src="/docs/assets/docs.js" defer></script>
</head>
<body${reference ? ' class="reference"' : ""}>
<a class="skip" href="#text">Skip to the text</a>
<header>
<a class="name" href="/docs">Patchbay <span>documentation</span></a>
<form role="search" action="/docs"><label for="q">Search</label><input id="q" name="q" type="search" placeholder="Search" autocomplete="off" aria-controls="hits" aria-keyshortcuts="/"><div id="hits" hidden></div></form>
<a href="/" class="console">Console</a>
</header>
<div class="page">
${reference ? "" : `<nav aria-label="Pages"><details open><summary>Pages</summary>${groups}</details></nav>`}
<main id="text" tabindex="-1">
${reference ? '<div id="redoc"><h1>API reference</h1><p>It is drawn from the contract, which takes a moment. <a href="/docs/assets/openapi.json">The contract itself</a> is OpenAPI 3.</p></div>' : `<article>${html}</article>
<nav class="turn" aria-label="Next pages">${before ? `<a href="${before.url}" rel="prev">← ${escape(before.title)}</a>` : "<span></span>"}${after ? `<a href="${after.url}" rel="next">${escape(after.title)} →</a>` : ""}</nav>`}
</main>
${tops.length > 1 ? `<aside aria-label="On this page"><h2>On this page</h2><ul>${tops.map((t) => `<li><a href="#${t.anchor}">${escape(t.title.replace(/`/g, ""))}</a></li>`).join("")}</ul></aside>` : ""}
</div>
${reference ? '<script src="/docs/assets/redoc.js" defer></script><script src="/docs/assets/reference.js" defer></script>' : ""}
</body>
</html>
`;
}
