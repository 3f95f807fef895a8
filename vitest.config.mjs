// Tests run against the built packages, exactly what users run: package code is loaded by Node, not transformed.
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/support/longest-first.mjs";

// Where this is set, every Node reads and parses all of the system's certificates before anything else. Tests speak to
// nobody but servers of their own.
delete process.env.NODE_EXTRA_CA_CERTS;
// As programs get it from tests: what a command prints is the same whether it runs in a test's process or in its own.
process.env.TZ = "UTC";

export default defineConfig({
  test: {
    // So that `npx vitest` after `tsc -b` does not test an old command or page; and the S3 server that test files share.
    globalSetup: ["scripts/bundle.mjs", "scripts/page.mjs", "test/support/ceph-setup.ts"],
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    server: { deps: { external: [/\/dist\//] } },
    // Processes rather than threads, since tests change the working folder and the user; four, since many tests
    // wait for locks to settle, for networks and for programs, which leaves processors to others.
    pool: "forks",
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
