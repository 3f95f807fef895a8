// Builds the pages of packages/web into its dist/, which the services serve.
import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./pnpm.mjs";

const folder = join(root, "packages", "web");
const target = join(folder, "dist");

/** Builds if a source is newer than the pages. */
export async function buildPage() {
  const sources = [
    fileURLToPath(import.meta.url),
    join(root, "pnpm-lock.yaml"),
    ...["index.html", "deployer.html", "vite.config.mjs", "tsconfig.json"].map((name) => join(folder, name)),
    ...["src", "public"].flatMap((name) => filesOf(join(folder, name))),
  ];
  const main = join(target, "index.html");
  const built = existsSync(main) ? statSync(main).mtimeMs : 0;
  if (sources.every((source) => statSync(source).mtimeMs < built)) return;
  await bundle();
}

function filesOf(source) {
  return readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

async function bundle() {
  // Loaded only here: most builds find that there is nothing to do.
  const { createRequire } = await import("node:module");
  const { pathToFileURL } = await import("node:url");
  const vite = createRequire(join(folder, "package.json")).resolve("vite");
  const { build } = await import(pathToFileURL(vite).href);
  // Made elsewhere and put in place whole, as a service may be serving the old ones.
  const fresh = `${target}.${process.pid}`;
  try {
    await build({
      configFile: join(folder, "vite.config.mjs"),
      logLevel: "warn",
      build: { outDir: fresh, emptyOutDir: true },
    });
    rmSync(target, { recursive: true, force: true });
    renameSync(fresh, target);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** What vitest calls before the tests. */
export { buildPage as setup };

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPage();
