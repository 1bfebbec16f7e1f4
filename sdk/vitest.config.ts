import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "@patchbay/browser": new URL("./browser/src/index.ts", import.meta.url).pathname } },
  test: {
    include: ["{browser,react,typescript}/test/*.test.{ts,tsx}", "test/*.test.ts"],
    setupFiles: ["test/setup.ts"],
    testTimeout: 30_000, // a machine may have much else to do
    hookTimeout: 60_000,
    restoreMocks: true,
    unstubGlobals: true,
  },
});
