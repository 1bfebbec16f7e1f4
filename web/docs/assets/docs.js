// Search, and the buttons that copy. The index is loaded when somebody begins to search, and nothing leaves this server.
const field = document.querySelector("#q"), hits = document.querySelector("#hits");
let index;

function loaded() {
  index ??= Promise.all([
    new Promise((done, failed) => {
      const s = Object.assign(document.createElement("script"), { src: "/docs/assets/minisearch.js", onload: done, onerror: failed });
      document.head.append(s);
    }),
    fetch("/docs/assets/search.json").then((r) => r.text()),
  ]).then(([, text]) => globalThis.MiniSearch.loadJSON(text, { fields: ["title", "text"], storeFields: ["title", "page", "url"] }));
  return index;
}

/** What explains comes before what lists. */
const guidesFirst = (id, term, stored) => (["API reference", "Command line"].includes(stored.page) ? 0.4 : 1);

async function search() {
  const q = field.value.trim();
  if (q === "") {
    hits.hidden = true;
    return;
  }
  let found;
  try {
    found = (await loaded()).search(q, { prefix: true, fuzzy: 0.15, boost: { title: 3 }, boostDocument: guidesFirst, combineWith: "AND" }).slice(0, 12);
  } catch {
    index = undefined;
    hits.replaceChildren(Object.assign(document.createElement("p"), { textContent: "The index could not be loaded. Try again." }));
    hits.hidden = false;
    return;
  }
  if (field.value.trim() !== q) return;
  const rows = found.map((h) => {
    const a = Object.assign(document.createElement("a"), { href: h.url });
    a.append(Object.assign(document.createElement("strong"), { textContent: h.title }), Object.assign(document.createElement("span"), { textContent: h.page }));
    return a;
  });
  hits.replaceChildren(...(rows.length > 0 ? rows : [Object.assign(document.createElement("p"), { textContent: `Nothing says “${q}”.` })]));
  hits.hidden = false;
}

field.addEventListener("input", search);
field.addEventListener("focus", () => { if (field.value.trim() !== "") search(); });
field.form.addEventListener("submit", (e) => {
  e.preventDefault();
  hits.querySelector("a")?.click();
});
document.addEventListener("keydown", (e) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName);
  if (e.key === "/" && !typing && !e.ctrlKey && !e.metaKey) {
    e.preventDefault();
    field.focus();
  } else if (e.key === "Escape" && !hits.hidden) {
    hits.hidden = true;
    field.focus();
  } else if ((e.key === "ArrowDown" || e.key === "ArrowUp") && !hits.hidden && field.form.contains(e.target)) {
    const rows = [field, ...hits.querySelectorAll("a")], at = rows.indexOf(e.target);
    rows.at((at + (e.key === "ArrowDown" ? 1 : -1) + rows.length) % rows.length).focus();
    e.preventDefault();
  }
});
document.addEventListener("click", (e) => {
  if (!field.form.contains(e.target)) hits.hidden = true;
  const button = e.target.closest?.("[data-copy]");
  if (button) navigator.clipboard.writeText(button.previousElementSibling.textContent).then(() => {
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  }, () => { button.textContent = "Not allowed"; });
});

// On a small screen the list of pages begins closed.
const list = document.querySelector("nav details");
if (list && matchMedia("(max-width: 60rem)").matches) list.open = false;

const asked = new URLSearchParams(location.search).get("q");
if (asked) {
  field.value = asked;
  search();
}
