// Builds, fetches the peers and runs the tests: `npm test`, `npm test -- packages/chunker -t "name of a test"`.
// Beside what it prints, it leaves a report in .tastic/test-report.json.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { ensurePeers } from "./peers.mjs";
import { bin, root, run } from "./pnpm.mjs";
import { setup } from "./setup.mjs";

const report = join(root, ".tastic", "test-report.json");
rmSync(report, { force: true });
await setup();
ensurePeers();
const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
run(bin("vitest"), ["run", ...reporters, ...process.argv.slice(2)], {
  quiet: true,
  shell: process.platform === "win32",
});
