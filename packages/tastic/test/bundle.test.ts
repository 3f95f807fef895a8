/** The command as it is packed by scripts/bundle.mjs: that it is whole, and that no start loads more than it needs. */
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { builtinModules } from "node:module";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const home = fileURLToPath(new URL("..", import.meta.url));
const folder = join(home, "bundle");
const files = readdirSync(folder).filter((name) => name.endsWith(".js"));
const source = (name: string): string => readFileSync(join(folder, name), "utf8");

/** What a file of the bundle asks for with `require` or `import`. */
function needs(name: string): string[] {
  return [...source(name).matchAll(/\b(?:require|import)\("([^"]+)"\)/g)].map(([, id]) => id!);
}

/** The files of the bundle that a command line loads. */
function loadedBy(...words: string[]): string[] {
  const script = `
    process.argv.splice(1, 0, "tastic");
    process.on("exit", () => process.stderr.write(JSON.stringify(Object.keys(require.cache))));
    void require(${JSON.stringify(join(folder, "main.js"))}).main();`;
  const { stderr, status } = spawnSync(process.execPath, ["-e", script, "--", ...words], {
    encoding: "utf8",
  });
  expect(status).toBe(0);
  return (JSON.parse(stderr) as string[]).map((path) => basename(path)).toSorted();
}

describe("the bundle", () => {
  test("needs nothing but itself, Node, and what the package depends on", () => {
    const manifest = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
    };
    const known = new Set([
      ...files.map((name) => `./${name}`),
      ...builtinModules.flatMap((name) => [name, `node:${name}`]),
      ...Object.keys(manifest.dependencies).filter((name) => !name.startsWith("@tastic/")),
    ]);
    expect(files.flatMap(needs).filter((id) => !known.has(id))).toEqual([]);
  });

  test("has every worker that a command starts, in one file", () => {
    const workers = files.flatMap((name) =>
      [...source(name).matchAll(/new URL\("\.\/([^"]+-worker\.js)"/g)].map(([, worker]) => worker!),
    );
    expect(workers.toSorted()).toEqual([
      "check-worker.js",
      "ingest-worker.js",
      "password-worker.js",
      "restore-worker.js",
    ]);
    expect(workers.filter((name) => !files.includes(name))).toEqual([]);
    expect(workers.flatMap(needs).filter((id) => id.startsWith("."))).toEqual([]);
  });

  test("loads no engine to say its version", () => {
    // The bundler's own file is a kilobyte.
    const few = ["command.js", "main.js", "rolldown-runtime.js", "version.js"];
    expect(loadedBy("version")).toEqual(few);
  });

  test("loads only the command that is called", () => {
    const loaded = loadedBy("init", "--help");
    expect(loaded).toContain("init.js");
    expect(loaded).toContain("engine.js");
    expect(
      loaded.filter((name) => ["backup.js", "restore.js", "check.js", "version.js"].includes(name)),
    ).toEqual([]);
  });

  test("names our sources in stacks for those who ask for them", () => {
    const { stderr } = spawnSync(process.execPath, [join(home, "bin", "tastic.js"), "-r", "", "snapshots"], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], TASTIC_DEBUG: "1" },
    });
    expect(stderr).toMatch(/at .*packages[\\/]tastic[\\/]src[\\/]\S+\.ts:\d+/);
  });
});
