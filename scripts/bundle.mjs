// Packs the command into packages/tastic/bundle/, which bin/tastic.js runs: a handful of files to load at a start in
// place of 150 modules, which took longer than most commands. The library is not bundled.
//
// - main.js runs a command line; each command is a file of its own, loaded when called; engine.js is what they share.
// - Every `src/NAME-worker.ts` of a package becomes a file NAME-worker.js that needs no other, so that
//   `new Worker(new URL("./NAME-worker.js", import.meta.url))` finds it here, too, and starts with one file.
// - Other people's packages are not packed: they are loaded from node_modules, as in the library. But Amazon's client is,
//   with all it needs: its modules take longer to load than the rest of a command.
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./pnpm.mjs";

const packages = readdirSync(join(root, "packages"), { withFileTypes: true })
  // The pages run in a browser, and are built by page.mjs.
  .filter((entry) => entry.isDirectory() && entry.name !== "web")
  .map(({ name }) => join(root, "packages", name));
const target = join(root, "packages", "tastic", "bundle");

/** Bundles if a source is newer than the bundle. */
export async function buildBundle() {
  const sources = [
    fileURLToPath(import.meta.url),
    join(root, "pnpm-lock.yaml"),
    ...packages.flatMap(sourcesOf),
  ];
  const main = join(target, "main.js");
  const built = existsSync(main) ? statSync(main).mtimeMs : 0;
  if (sources.every((source) => statSync(source).mtimeMs < built)) return;
  await bundle();
}

function sourcesOf(folder) {
  const source = join(folder, "src");
  return readdirSync(source, { recursive: true })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(source, file));
}

async function bundle() {
  // Loaded only here: most builds find that there is nothing to do.
  const { build } = await import("rolldown");
  // Made elsewhere and put in place whole, as tests may be running the old one.
  const fresh = `${target}.${process.pid}`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh);
  writeFileSync(join(fresh, "package.json"), `{ "type": "commonjs" }\n`);
  try {
    await build([
      options(fresh, join(root, "packages", "tastic", "src", "main.ts"), chunks),
      ...packages
        .flatMap(sourcesOf)
        .filter((file) => file.endsWith("-worker.ts"))
        .map((file) => options(fresh, file, false)),
    ]);
    rmSync(target, { recursive: true, force: true });
    renameSync(fresh, target);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Modules in a file of their own, without what they import. */
const alone = { minShareCount: 2, priority: 1, includeDependenciesRecursively: false };

/** How the command is cut. A file costs more to load than a few kilobytes that are not needed. */
const chunks = {
  groups: [
    { name: "base", tags: ["$initial"], priority: 2 },
    // All that `version` needs, which should not load the engine.
    { name: "command", test: /[\\/]tastic[\\/]src[\\/](command|version)\.ts$/, priority: 1 },
    // What speaks HTTP, or writes archives, brings much of Node's own with it, which most commands do without.
    { ...alone, name: "http", test: /[\\/](storage-rest[\\/]src|storage[\\/]src[\\/]proxy)/ },
    { ...alone, name: "server", test: /[\\/]rest-server[\\/]src[\\/]/ },
    { ...alone, name: "archives", test: /[\\/]snapshots[\\/]src[\\/]dump[\\/]/ },
    { name: "engine", minShareCount: 3 },
  ],
};

function options(dir, entry, codeSplitting) {
  return {
    input: { [basename(entry, ".ts")]: entry },
    platform: "node",
    // What the groups of `alone` need.
    preserveEntrySignatures: "allow-extension",
    resolve: {
      alias: Object.fromEntries(packages.map((folder) => [nameOf(folder), join(folder, "src", "index.ts")])),
      extensionAlias: { ".js": [".ts", ".js"] },
    },
    external: (id, importer = "") =>
      id.startsWith("node:") ||
      (/^[a-z@]/.test(id) && !id.startsWith("@tastic/") && id !== packed && !isForeign(importer)),
    // No module of ours does anything when it is loaded but define; those that nobody uses are left out.
    treeshake: { moduleSideEffects: isForeign },
    plugins: [zstdFile, licenses],
    output: {
      dir,
      codeSplitting,
      // A third of the time of ES modules to load, since it need not be done in turns.
      format: "cjs",
      sourcemap: true,
      comments: { annotation: false, jsdoc: false, legal: true },
      entryFileNames: "[name].js",
      chunkFileNames: "[name].js",
    },
  };
}

/** The one package of others that is packed. */
const packed = "@aws-sdk/client-s3";

function isForeign(id) {
  return id.includes("node_modules");
}

function nameOf(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).name;
}

/** Gives zstd's WebAssembly a file of its own: as base64 in a module, every start and every worker would parse it. */
const zstdFile = {
  name: "zstd-file",
  async load(id) {
    if (!/[\\/]zstd[\\/]src[\\/]wasm-bytes\.ts$/.test(id)) return undefined;
    const folder = dirname(dirname(id));
    const text = readFileSync(join(folder, "src", "zstd-module.ts"), "utf8");
    const [, base64] = /`([^`]+)`/.exec(text);
    this.emitFile({ type: "asset", fileName: "zstd.wasm", source: Buffer.from(base64, "base64") });
    this.emitFile({
      type: "asset",
      fileName: "LICENSE-zstd",
      source: readFileSync(join(folder, "LICENSE-zstd"), "utf8"),
    });
    return `import { readFileSync } from "node:fs";
      export const wasmBytes = () => readFileSync(new URL("./zstd.wasm", import.meta.url));`;
  },
};

/** Puts the licences of all packages that were packed beside them. */
const licenses = {
  name: "licenses",
  generateBundle(_, bundled) {
    const modules = Object.values(bundled).flatMap(({ moduleIds = [] }) => moduleIds);
    const folders = modules.map((id) => /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(id)?.[0]);
    const texts = [...new Set(folders)].flatMap((folder) => {
      if (folder === undefined) return [];
      const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
      const text = file === undefined ? `License: ${license}\n` : readFileSync(join(folder, file), "utf8");
      return [`${name} ${version}\n\n${text}`];
    });
    if (texts.length === 0) return;
    const source = texts.sort().join(`\n${"=".repeat(80)}\n\n`);
    this.emitFile({ type: "asset", fileName: "LICENSES-packed", source });
  },
};

/** What vitest calls before the tests. */
export { buildBundle as setup };

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildBundle();
