/**
 * The command is a client of the library: what it does with repositories and snapshots, `tastic` offers to every program.
 * What it imports beyond that is in the lists below, each with the reason why a program has no need of it.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";

const source = join(import.meta.dirname, "..", "packages", "tastic", "src");

const beyond: Readonly<Record<string, readonly string[]>> = {
  "cat, list and find --pack show what is stored, byte by byte": [
    "DATA",
    "TREE",
    "decodeIndex",
    "decodeKeyFile",
    "decodeLock",
    "encodeKeyFile",
    "encodeLock",
    "encodeMasterKey",
    "encodeSnapshot",
    "idFromBytes",
    "idToBytes",
  ],
  "text and JSON to the letter as restic has them": [
    "SECONDS_PER_DAY",
    "compareNames",
    "dateFromDays",
    "daysFromDate",
    "daysInMonth",
    "fileModeToUnix",
    "hasInvalidBytes",
    "isPrintable",
    "jsonString",
    "jsonStrings",
    "localOffset",
    "messageOf",
    "offsetOf",
    "toWellFormed",
  ],
  "the folder of all caches, which the command keeps tidy": [
    "CacheInfo",
    "MAX_CACHE_AGE_DAYS",
    "cacheSize",
    "isCacheStorage",
    "isOldCache",
    "listCaches",
    "makeTemporaryCache",
    "removeCache",
  ],
  "reading flags, variables and files of the user": [
    "ExtendedOptions",
    "splitShellWords",
    "storageError",
    "systemErrorCode",
  ],
};

/** The parts of the engine. Servers are a library of their own, `@tastic/rest-server`. */
const engine = /^@tastic\/(?:errors|format|storage|repository|snapshots)$/;

/** The names that a file takes from the engine; undefined where it takes all of a part. */
function namesFrom(path: string, text: string): (string | undefined)[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, false);
  return file.statements.flatMap((statement): (string | undefined)[] => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const from = statement.moduleSpecifier;
    if (from === undefined || !ts.isStringLiteral(from) || !engine.test(from.text)) return [];
    const bindings = ts.isImportDeclaration(statement)
      ? statement.importClause?.namedBindings
      : statement.exportClause;
    if (bindings === undefined || ts.isNamespaceImport(bindings) || ts.isNamespaceExport(bindings)) {
      return [from.text === "@tastic/snapshots" ? undefined : from.text];
    }
    const elements: readonly (ts.ImportSpecifier | ts.ExportSpecifier)[] = bindings.elements;
    return elements.map((element) => (element.propertyName ?? element.name).text);
  });
}

it("the command uses what the library exports", async () => {
  const exported = new Set(namesFrom("index.ts", await readFile(join(source, "index.ts"), "utf8")));
  expect(exported.has("Repository")).toBe(true);
  // All of the snapshots' names are the library's.
  expect(exported.has(undefined)).toBe(true);
  const snapshots = Object.keys(await import("@tastic/snapshots"));
  const offered = new Set([...exported, ...snapshots]);
  const door = await import("tastic");
  expect(snapshots.filter((name) => !Object.hasOwn(door, name))).toEqual([]);

  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  const used = new Map<string, string>();
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    // What the front door itself is made of.
    if (
      !entry.name.endsWith(".ts") ||
      entry.name === "index.ts" ||
      entry.parentPath === join(source, "stores")
    )
      continue;
    const text = await readFile(path, "utf8");
    const withoutSnapshots = text.replace(/^import (?:type )?\{[^}]*\} from "@tastic\/snapshots";$/gm, "");
    for (const name of namesFrom(path, withoutSnapshots)) if (name !== undefined) used.set(name, entry.name);
  }
  expect(used.size).toBeGreaterThan(50);
  const listed = new Set(Object.values(beyond).flat());
  const missing = [...used].filter(([name]) => !offered.has(name) && !listed.has(name));
  expect(missing).toEqual([]);
  expect([...listed].filter((name) => !used.has(name) || offered.has(name))).toEqual([]);
});
