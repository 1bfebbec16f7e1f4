import { defineConfig } from "vitest/config";

// The page of end users. api/hosted draws the HTML around it and finds the files by the manifest.
export default defineConfig({
  root: import.meta.dirname,
  base: "/_static/connect/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "dist", emptyOutDir: true, manifest: true, assetsInlineLimit: 0, target: "es2022", modulePreload: { polyfill: false },
    cssTarget: ["chrome125", "safari18", "firefox128"], // theme.css has its own way out for older ones
    rolldownOptions: { input: ["src/page.tsx", "src/window.ts", "src/ended.ts", "preview.html"] },
  },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"], restoreMocks: true },
});
