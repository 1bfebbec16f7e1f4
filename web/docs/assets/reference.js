// Redoc draws the contract, on paper in both schemes. What it would load from elsewhere is switched off.
const css = getComputedStyle(document.documentElement), font = (name) => css.getPropertyValue(name).trim();
globalThis.Redoc.init("/docs/assets/openapi.json", {
  disableSearch: true, hideDownloadButton: true, nativeScrollbars: true, scrollYOffset: "header", jsonSampleExpandLevel: 3,
  theme: {
    colors: { primary: { main: "#463fce" }, text: { primary: "#171a22", secondary: "#545c6d" } },
    typography: { fontFamily: font("--sans"), headings: { fontFamily: font("--sans") }, code: { fontFamily: font("--mono") } },
    rightPanel: { backgroundColor: "#161922" },
  },
}, document.querySelector("#redoc"));
