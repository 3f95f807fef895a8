// Tests run against the built packages, exactly what users run: package code is loaded by Node, not transformed.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    server: { deps: { external: [/\/dist\//] } },
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
