// Brings a checkout to where everything runs: dependencies, WebAssembly kernels, compiled packages, the bundled command,
// the pages.
// Does only what has changed since the last time.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildBundle } from "./bundle.mjs";
import { buildKernels } from "./kernels.mjs";
import { buildPage } from "./page.mjs";
import { bin, pnpm, root, run } from "./pnpm.mjs";

/** Installs, unless node_modules was made from this very lock file. */
function install() {
  const lock = readFileSync(join(root, "pnpm-lock.yaml"), "utf8") + process.version;
  const stamp = join(root, "node_modules", ".setup-stamp");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  pnpm(["install", "--frozen-lockfile"]);
  writeFileSync(stamp, lock);
}

export async function setup() {
  install();
  buildKernels();
  run(bin("tsc"), ["-b"], { shell: process.platform === "win32" });
  await buildBundle();
  await buildPage();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await setup();
