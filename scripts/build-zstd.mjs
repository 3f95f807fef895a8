// Rebuilds packages/zstd/src/zstd-module.ts: zstd's C source and our shim, compiled to WebAssembly by a clang that is
// itself WebAssembly. Both come from npm by exact version and hash, into a temporary folder; no other tool is needed,
// and the same input gives the same bytes everywhere. Takes a minute or two, which is why its result is committed.
//   node scripts/build-zstd.mjs            writes the module
//   node scripts/build-zstd.mjs --check    fails if the committed module is not what this would write
import { createHash } from "node:crypto";
import { mkdtempSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { root, run } from "./pnpm.mjs";
import { widenRegisters } from "./zstd-registers.mjs";

const compiler = {
  name: "@yowasp/clang",
  version: "22.0.0-git20542-10",
  integrity:
    "sha512-V31/z9GrJECKeACTDUyvg2llbEUiFi3bxtL5HSg7H/6sydSxdI/AoVAD9F5ozrfLjotWl0B9rghR87m+DUM/zg==",
};
/** Carries the unchanged source of zstd 1.5.7 in deps/zstd. */
const source = {
  name: "zstd-napi",
  version: "0.0.13",
  integrity:
    "sha512-ErGF+Ko1PsbooU6oC/sc/diiWKwVa0kd/5AkFSs7kg5kwcEuOtSzOy3xUOadXQlAVNab9TxsxaUk3hOq3cj/lA==",
};
const flags = [
  ...["--target=wasm32-wasip1", "-mexec-model=reactor", "-O3", "-msimd128", "-mbulk-memory", "-DNDEBUG"],
  // The stack comes first, so that running over its end traps instead of overwriting data.
  ...["-Wl,--stack-first", "-Wl,-z,stack-size=262144", "-Wl,--max-memory=536870912", "-Wl,--strip-all"],
];
const shim = join(root, "packages/zstd/c/shim.c");
const target = join(root, "packages/zstd/src/zstd-module.ts");

/** Fetches a package, holds it against its hash, and unpacks it. Returns its folder. */
function fetchPackage({ name, version, integrity }, folder) {
  mkdirSync(folder);
  const shell = process.platform === "win32";
  run("npm", ["pack", `${name}@${version}`, "--silent"], { cwd: folder, shell });
  const [archive] = readdirSync(folder);
  const hash = `sha512-${createHash("sha512")
    .update(readFileSync(join(folder, archive)))
    .digest("base64")}`;
  if (hash !== integrity) throw new Error(`${name}@${version} has the hash ${hash}, expected ${integrity}`);
  run("tar", ["-xzf", archive], { cwd: folder });
  return join(folder, "package");
}

/** A folder of C files as the tree of names and texts that the compiler takes. */
function readTree(folder, prefix = "") {
  const entries = readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const path = join(folder, entry.name);
    const name = prefix + entry.name;
    if (entry.isDirectory()) return [entry.name, readTree(path, `${name}/`)];
    return [entry.name, widenRegisters(name, readFileSync(path, "utf8"))];
  });
  return Object.fromEntries(entries);
}

async function build() {
  const folder = mkdtempSync(join(tmpdir(), "tastic-zstd-"));
  try {
    const clang = fetchPackage(compiler, join(folder, "clang"));
    const library = join(fetchPackage(source, join(folder, "source")), "deps/zstd/lib");
    const { runClang } = await import(pathToFileURL(join(clang, "gen/bundle.js")).href);
    const files = { ...readTree(library), "shim.c": readFileSync(shim, "utf8").replaceAll("\r\n", "\n") };
    const args = ["clang", ...flags, "-I.", "-Icommon", "-o", "zstd.wasm", "shim.c"];
    const { "zstd.wasm": wasm } = await runClang(args, files, { fetchProgress: () => {} });
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm));
    if (imports.length > 0)
      throw new Error(`the module must stand alone, but imports ${JSON.stringify(imports)}`);
    return wasm;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function render(wasm) {
  const lines = Buffer.from(wasm)
    .toString("base64")
    .match(/.{1,120}/g);
  return (
    `// zstd 1.5.7 (BSD, see LICENSE-zstd) and c/shim.c, compiled by scripts/build-zstd.mjs. Do not edit.\n` +
    `/** The WebAssembly module in base64, in lines. */\nexport const wasmBase64 = \`\n${lines.join("\n")}\n\`;\n`
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = render(await build());
  if (!process.argv.includes("--check")) writeFileSync(target, text);
  else if (readFileSync(target, "utf8").replaceAll("\r\n", "\n") === text)
    console.log("zstd-module.ts is up to date");
  else {
    console.error(
      "packages/zstd/src/zstd-module.ts is not what scripts/build-zstd.mjs makes: run it without --check",
    );
    process.exitCode = 1;
  }
}
