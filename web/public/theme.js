// Runs before the first paint, so that a dark screen never flashes white. A file, not inline: the CSP forbids inline.
(function () {
  var kept = null;
  try { kept = localStorage.getItem("patchbay.theme"); } catch (e) { /* storage may be off */ }
  var dark = kept === "dark" || (kept !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
