/** The walk through the source: its steps, and walking ahead. */
import { decodeNode, type Node } from "@tastic/format";
import { chmodSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SourceWalk, type WalkStep } from "../dist/backup/source-walk.js";
import { listFolder } from "../dist/backup/source-files.js";
import { buildTargetTree } from "../dist/backup/target-tree.js";
import { createExcludeRules, WalkAhead } from "../dist/index.js";
import { newStorage, run } from "./backup-support.js";
import { temporaryFolder } from "./temporary-folder.js";

const folder = temporaryFolder();
const at = (name: string): string => join(folder.path, name);
const nodes = { users: { userName: () => "", groupName: () => "" }, withAtime: false };

/** All steps; entries by their names. */
function steps(walk: { next(): WalkStep | undefined }): string[] {
  const seen: string[] = [];
  for (let step = walk.next(); step !== undefined; step = walk.next()) {
    if (step.type === "entries") {
      seen.push(step.entries.map(({ name }) => name).join(" "));
      for (const problem of step.problems) seen.push(`! ${problem.path.slice(folder.path.length)}`);
    } else seen.push(step.type === "end" ? "end" : `unlisted ${step.path.slice(folder.path.length)}`);
  }
  return seen;
}
const walk = (targets: readonly string[], excludes?: Awaited<ReturnType<typeof createExcludeRules>>) =>
  new SourceWalk(buildTargetTree(targets, listFolder), excludes, nodes);

describe("a walk", () => {
  it("tells a folder's entries, then what lies in the folders among them", async () => {
    for (const name of ["a/b/c/deep", "a/b/file", "a/d/e", "a/z", "a/empty/gone"]) folder.write(name, name);
    rmSync(at("a/empty/gone"));
    symlinkSync("nowhere", at("a/link"));
    const expected = [
      ["b d empty link z", "c file", "deep", "end", "end", "e", "end", "end", "end"],
      ["b d link z", "c", "deep", "end", "end", "e", "end", "end"],
    ];
    const inside = (all: string[]): string[] => all.slice(all.indexOf("a") + 1, -1);
    const above = folder.path
      .split("/")
      .slice(1)
      .map(() => "end");
    expect(inside(steps(walk([at("a")])))).toEqual([...expected[0]!, ...above]);
    const rules = await createExcludeRules({ patterns: ["file", "empty"] });
    expect(inside(steps(walk([at("a")], rules)))).toEqual([...expected[1]!, ...above]);
  });

  it("gives large folders in parts, each followed by its own folders", () => {
    for (let i = 0; i < 1100; i++) {
      const name = `many/n${String(i).padStart(4, "0")}`;
      if (i === 100 || i === 600) mkdirSync(at(name), { recursive: true });
      else folder.write(name);
    }
    const all = steps(walk([at("many")]));
    const from = all.indexOf("many") + 1;
    expect(all.slice(from, from + 6).map((step) => step.split(" ").length)).toEqual([512, 1, 512, 1, 76, 1]);
    expect(all[from + 4]?.split(" ").at(-1)).toBe("n1099");
  });

  it("makes the beginning of each node", () => {
    folder.write("one", "12345");
    const found = walk([at("one")]);
    for (let step = found.next(); step !== undefined; step = found.next()) {
      const entry = step.type === "entries" ? step.entries.find(({ name }) => name === "one") : undefined;
      if (entry === undefined) continue;
      const node = decodeNode(`${entry.start},"content":[]}`, "a node");
      expect(node).toMatchObject({ name: "one", type: "file", size: 5 });
      expect(entry).toMatchObject({ size: 5, type: "file", path: at("one") });
      return;
    }
    expect.unreachable("the file was not found");
  });

  it("says what it leaves out: sockets, what cannot be looked at, folders that cannot be listed", async () => {
    folder.write("odd/file");
    mkdirSync(at("odd/locked"), { recursive: true });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(at("odd/socket"), resolve));
    try {
      const all = steps(walk([at("odd"), at("missing")]));
      expect(all).toContain("! /odd/socket");
      expect(all).toContain("! /missing");
      if (process.getuid?.() === 0) return;
      chmodSync(at("odd/locked"), 0);
      expect(steps(walk([at("odd")]))).toContain("unlisted /odd/locked");
    } finally {
      server.close();
      chmodSync(at("odd/locked"), 0o700);
    }
  });

  it("says so where a folder has gone before it is listed", () => {
    mkdirSync(at("going/inner"), { recursive: true });
    const going = walk([at("going")]);
    for (let step = going.next(); step !== undefined; step = going.next()) {
      if (step.type === "unlisted") {
        expect(step.path).toBe(at("going/inner"));
        return;
      }
      if (step.type === "entries" && step.entries[0]?.name === "inner")
        rmSync(at("going/inner"), { recursive: true });
    }
    expect.unreachable("nobody noticed");
  });
});

describe("walking ahead", () => {
  it("makes the same snapshot, however far it got", async () => {
    for (let i = 0; i < 3000; i++) folder.write(`ahead/${i % 40}/${i}`, String(i));
    const options = { targets: [at("ahead")] };
    const treeOf = ({ nodes: all }: { nodes: ReadonlyMap<string, Node> }) => all.get(at("ahead"))?.subtree;
    const plain = await run(await newStorage(), options);
    expect(treeOf(plain)).toBeDefined();
    for (const milliseconds of [0, 3, 500]) {
      const ahead = new WalkAhead(options);
      ahead.begin();
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      const saved = await run(await newStorage(), { ...options, walk: ahead });
      expect(treeOf(saved)).toBe(treeOf(plain));
      expect(saved.result.summary.filesNew).toBe(3000);
    }
  });

  it("ends when it is closed, also before it was ready", async () => {
    const ahead = new WalkAhead({ targets: [at("ahead")] });
    ahead.begin();
    ahead.close();
    await ahead.whenReady();
    ahead.close();
  });
});
