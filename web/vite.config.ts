import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { fake } from "./dev/fake.ts";

// FAKE=1 answers the API from dev/fake.ts; otherwise a server is expected at PATCHBAY_URL.
const backend = process.env.PATCHBAY_URL ?? "http://localhost:8080";
const faked = process.env.FAKE === "1";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [react(), tailwindcss(), ...(faked ? [fake()] : [])],
  // The form of components is the one that customers embed, from its source; it uses the React that is here.
  resolve: { alias: { "@patchbay/react/styles.css": at("../sdk/react/src/styles.css"), "@patchbay/react": at("../sdk/react/src/index.ts"), "@": at("./src") }, dedupe: ["react", "react-dom"] },
  // public/.keep is copied back into dist, where embed.go needs one committed file.
  build: { outDir: "dist", emptyOutDir: true, assetsInlineLimit: 0, chunkSizeWarningLimit: 700 },
  server: { fs: { allow: [".."] }, proxy: faked ? undefined : { "/v1": backend, "/console": backend } },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/testing/setup.ts"],
    restoreMocks: true,
    testTimeout: 20_000, // a machine may have more to do; what a test waits for has limits of its own
  },
});
