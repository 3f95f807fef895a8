// Compiles the AssemblyScript kernels (packages/*/assembly/*.ts) to WebAssembly, each embedded as base64 in a
// module beside the code that loads it (packages/*/src/*.wasm.ts), so that no file has to be found at run time.
// What is in a folder of an assembly folder is no kernel itself, but imported by one.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bin, root, run } from "./pnpm.mjs";

const flags = [
  "--runtime",
  "stub",
  "--optimizeLevel",
  "3",
  "--shrinkLevel",
  "0",
  "--noAssert",
  "--enable",
  "simd",
];

function compile(source, target) {
  const folder = mkdtempSync(join(tmpdir(), "tastic-kernel-"));
  try {
    const wasm = join(folder, "kernel.wasm");
    run(bin("asc"), [source, "--outFile", wasm, ...flags], { shell: process.platform === "win32" });
    const base64 = readFileSync(wasm).toString("base64");
    writeFileSync(
      target,
      `// Compiled from assembly/${basename(source)} by scripts/kernels.mjs.\nexport const wasmBase64 =\n  "${base64}";\n`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function buildKernels() {
  for (const name of readdirSync(join(root, "packages"))) {
    const assembly = join(root, "packages", name, "assembly");
    if (!existsSync(assembly)) continue;
    const sources = readdirSync(assembly, { recursive: true }).map((file) => join(assembly, String(file)));
    const changed = Math.max(
      ...[fileURLToPath(import.meta.url), ...sources].map((file) => statSync(file).mtimeMs),
    );
    for (const file of readdirSync(assembly).filter((file) => file.endsWith(".ts"))) {
      const source = join(assembly, file);
      const target = join(root, "packages", name, "src", file.replace(/\.ts$/, ".wasm.ts"));
      const fresh = existsSync(target) && statSync(target).mtimeMs > changed;
      if (!fresh) compile(source, target);
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildKernels();
