// Removes what the scripts make: compiled packages, kernels, reports. With --all, also the peers and node_modules.
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "./pnpm.mjs";

const all = process.argv.includes("--all");

function remove(...path) {
  const target = join(root, ...path);
  if (!existsSync(target)) return;
  rmSync(target, { recursive: true, force: true });
  console.log(`removed ${path.join("/")}`);
}

for (const name of readdirSync(join(root, "packages"))) {
  remove("packages", name, "dist");
  remove("packages", name, "bundle");
  const source = join(root, "packages", name, "src");
  const kernels = existsSync(source) ? readdirSync(source).filter((file) => file.endsWith(".wasm.ts")) : [];
  for (const file of kernels) remove("packages", name, "src", file);
  if (all) remove("packages", name, "node_modules");
}
remove(".tastic");
remove(".screenshots");
// Without the stamp, the next build asks pnpm whether node_modules is as it should be.
remove("node_modules", ".setup-stamp");
if (all) {
  remove(".peers");
  remove("node_modules");
}
