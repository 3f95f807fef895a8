// The portable provider is for runtimes without Node's modules: nothing it loads may import one.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const importOf = /(?:from|import|require)\s*\(?\s*["']([^"']+)["']/g;

/** Every module named by `file` and, transitively, by the files of this package that it imports. */
function modulesOf(file: URL, seen = new Set<string>()): Set<string> {
  for (const [, name = ""] of readFileSync(fileURLToPath(file), "utf8").matchAll(importOf)) {
    const target = name.startsWith(".") ? new URL(name, file).href : name;
    if (seen.has(target)) continue;
    seen.add(target);
    if (name.startsWith(".")) modulesOf(new URL(target), seen);
  }
  return seen;
}

it("the portable provider imports no module of Node's", () => {
  const modules = [...modulesOf(new URL("../dist/portable-crypto.js", import.meta.url))];
  expect(modules.filter((name) => name.startsWith("@noble/")).length).toBeGreaterThan(2);
  expect(modules.filter((name) => name.startsWith("node:"))).toEqual([]);
});
