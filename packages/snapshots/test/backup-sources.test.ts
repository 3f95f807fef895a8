/** Sources that are no quiet folder of plain files: what moves under the backup's hands, and what cannot be read. */
import type { ExcludeRules } from "@tastic/snapshots";
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sampleBytes } from "../../../test/support/bytes.js";
import { temporaryFolder } from "../../../test/support/folders.js";
import { runProgram, succeed } from "../../../test/support/programs.js";
import { writeFiles } from "../../../test/support/trees.js";
import { createLocalStorage } from "@tastic/storage";
import { contentOf, errorsOf, failure, newStorage, nodesOf, only, open, run } from "./backup-support.js";

/** Does something when the walk has looked at an object and has not read it yet. */
function whenSeen(actions: Record<string, () => void>): ExcludeRules {
  return {
    excludes({ name }) {
      const action = actions[name];
      delete actions[name];
      action?.();
      return false;
    },
  };
}

/** The names in a snapshot of `folder`, relative to it. */
const below = (folder: string, nodes: ReadonlyMap<string, unknown>): string[] =>
  [...nodes.keys()]
    .filter((path) => path.startsWith(`${folder}/`))
    .map((path) => path.slice(folder.length + 1));

const workers = [0, 2];

describe.each(workers)("a source that changes while it is saved, with %i workers", (count) => {
  it("passes over what has gone since its folder was listed, without a word", async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, { a: "1", "b/c": "2", d: "3", e: "4" });
    const excludes = whenSeen({
      a: () => {
        rmSync(join(folder, "b"), { recursive: true });
        rmSync(join(folder, "d"));
      },
    });
    const { nodes, events, result } = await run(await newStorage(), {
      targets: [folder],
      excludes,
      workers: count,
      noScan: true,
    });
    expect(below(folder, nodes)).toEqual(["a", "e"]);
    expect(errorsOf(events)).toEqual([]);
    expect(only(events, "warning")).toEqual([]);
    expect(result.errorCount).toBe(0);
  });

  it("reports what has gone, or become something else, between looking at it and reading it", async () => {
    const folder = await temporaryFolder();
    const at = (name: string): string => join(folder, name);
    await writeFiles(folder, {
      "become-fifo": "1",
      "become-folder": "2",
      "become-link": "3",
      gone: "4",
      stays: "5",
    });
    const excludes = whenSeen({
      "become-fifo": () => {
        rmSync(at("become-fifo"));
        execFileSync("mkfifo", [at("become-fifo")]);
      },
      "become-folder": () => {
        rmSync(at("become-folder"));
        mkdirSync(at("become-folder"));
      },
      "become-link": () => {
        rmSync(at("become-link"));
        symlinkSync("stays", at("become-link"));
      },
      gone: () => rmSync(at("gone")),
    });
    const { nodes, events, result } = await run(await newStorage(), {
      targets: [folder],
      excludes,
      workers: count,
      noScan: true,
    });
    expect(below(folder, nodes)).toEqual(["stays"]);
    expect(errorsOf(events).sort()).toEqual([
      `${at("become-fifo")}: file ${at("become-fifo")} changed type, refusing to archive`,
      `${at("become-folder")}: file ${at("become-folder")} changed type, refusing to archive`,
      `${at("become-link")}: open ${at("become-link")}: too many symbolic links encountered`,
      `${at("gone")}: open ${at("gone")}: no such file or directory`,
    ]);
    expect(result.errorCount).toBe(4);
    expect(result.summary).toMatchObject({ filesNew: 1, totalFilesProcessed: 1, totalBytesProcessed: 1 });
  });

  it("stores what it reads of files that grow or shrink, and says how much that was", async () => {
    const folder = await temporaryFolder();
    const bytes = sampleBytes(3_000_000);
    await writeFiles(folder, { grows: bytes, shrinks: bytes, vanishes: bytes });
    const more = sampleBytes(700_000, 2);
    const storage = await newStorage();
    const { nodes, result } = await run(storage, {
      targets: [folder],
      noScan: true,
      workers: count,
      excludes: whenSeen({
        grows: () => appendFileSync(join(folder, "grows"), more),
        shrinks: () => truncateSync(join(folder, "shrinks"), 1_000_000),
        vanishes: () => truncateSync(join(folder, "vanishes"), 0),
      }),
    });
    const contents: Record<string, Uint8Array> = {
      grows: Buffer.concat([bytes, more]),
      shrinks: bytes.subarray(0, 1_000_000),
      vanishes: new Uint8Array(),
    };
    for (const [name, content] of Object.entries(contents)) {
      const node = nodes.get(join(folder, name));
      expect(node?.size ?? 0).toBe(content.length);
      expect((await contentOf(storage, node)).equals(content)).toBe(true);
    }
    expect(result.errorCount).toBe(0);
    expect(result.summary.totalBytesProcessed).toBe(3_700_000 + 1_000_000);

    // The old time with the new content: the next backup looks again.
    const next = await run(storage, { targets: [folder], workers: count });
    expect(next.result.summary).toMatchObject({ filesChanged: 3, filesUnmodified: 0 });
  });

  it("reads a folder that is replaced by a link as what it was, or not at all", async () => {
    const folder = await temporaryFolder();
    const elsewhere = await temporaryFolder();
    await writeFiles(folder, { "a/x": "1", z: "2" });
    await writeFiles(elsewhere, { "not-ours": "3" });
    const { nodes } = await run(await newStorage(), {
      targets: [folder],
      noScan: true,
      workers: count,
      excludes: whenSeen({
        x: () => {
          renameSync(join(folder, "a"), join(folder, "old"));
          symlinkSync(elsewhere, join(folder, "a"));
        },
      }),
    });
    expect(below(folder, nodes)).not.toContain("a/not-ours");
    expect(below(folder, nodes)).toContain("z");
  });
});

describe("a source with unusual objects", () => {
  it("keeps links as links, also those in circles, and leaves sockets out with a warning", async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, {
      "in/itself": { link: ".." },
      one: { link: "two" },
      two: { link: "one" },
      nowhere: { link: "/no/where" },
    });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(folder, "socket"), resolve));
    const { nodes, events } = await run(await newStorage(), { targets: [folder] });
    server.close();
    expect(below(folder, nodes)).toEqual(["in", "in/itself", "nowhere", "one", "two"]);
    expect(nodes.get(join(folder, "in/itself"))).toMatchObject({ type: "symlink", linkTarget: ".." });
    expect(only(events, "warning").map(({ path }) => path)).toEqual([join(folder, "socket")]);
    expect(errorsOf(events)).toEqual([]);
  });

  it.runIf(process.platform === "linux")("reads files whose size is not known beforehand", async () => {
    const storage = await newStorage();
    for (const count of workers) {
      const { nodes } = await run(storage, { targets: ["/proc/version"], workers: count });
      const node = nodes.get("/proc/version");
      expect(lstatSync("/proc/version").size).toBe(0);
      expect((await contentOf(storage, node)).equals(readFileSync("/proc/version"))).toBe(true);
      expect(node?.size).toBe(readFileSync("/proc/version").length);
    }
  });

  it("reports what lies too deep for a path, and saves what is above it", async () => {
    const folder = await temporaryFolder();
    const here = process.cwd();
    const name = "d".repeat(200);
    try {
      process.chdir(folder);
      for (let i = 0; i < 22; i++) {
        mkdirSync(name);
        writeFileSync("file", "");
        process.chdir(name);
      }
    } finally {
      process.chdir(here);
    }
    try {
      const { nodes, events, result } = await run(await newStorage(), { targets: [folder] });
      expect(below(folder, nodes).filter((path) => path.endsWith("file")).length).toBeGreaterThan(15);
      expect(errorsOf(events).length).toBeGreaterThan(0);
      for (const error of errorsOf(events)) expect(error).toMatch(/name too long/);
      expect(result.errorCount).toBe(errorsOf(events).length);
      expect(errorsOf(events, "scan").length).toBeGreaterThan(0);
    } finally {
      // Node could not remove it.
      execFileSync("rm", ["-rf", join(folder, name)]);
    }
  });

  it("saves a tree of a thousand levels", async () => {
    const folder = await temporaryFolder();
    const deep = join(folder, ...Array<string>(1000).fill("d"));
    mkdirSync(deep, { recursive: true });
    writeFileSync(join(deep, "bottom"), "x");
    const { nodes, result } = await run(await newStorage(), { targets: [folder] });
    expect(nodes.has(join(deep, "bottom"))).toBe(true);
    expect(result.errorCount).toBe(0);
  });
});

describe("targets", () => {
  it("refuses when none of them is there, and reports one that is not", async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, { a: "1" });
    const missing = join(folder, "missing");
    const error = await failure(run(await newStorage(), { targets: [missing, `${missing}/2`] }), "no-source");
    expect(error.message).toBe("all source directories/files do not exist");

    const { nodes, events, result } = await run(await newStorage(), { targets: [folder, missing] });
    expect(below(folder, nodes)).toEqual(["a"]);
    expect(errorsOf(events)).toEqual([`${missing}: lstat ${missing}: no such file or directory`]);
    expect(result.errorCount).toBe(1);
  });

  it("makes no snapshot of nothing", async () => {
    const folder = await temporaryFolder();
    const here = process.cwd();
    try {
      process.chdir(folder);
      await failure(run(await newStorage(), { targets: [] }), "no-source");
      const error = await failure(run(await newStorage(), { targets: ["."] }), "no-source");
      expect(error.message).toBe("snapshot is empty");
    } finally {
      process.chdir(here);
    }
  });

  it("excludes nothing that was named, but entries of it", async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, { "keep/no/x": "1", "keep/yes": "2", no: "3", "other/no": "4" });
    const excludes = { excludes: ({ name }: { name: string }) => name === "no" };
    const here = process.cwd();
    try {
      process.chdir(folder);
      const names = async (targets: string[]): Promise<string[]> => [
        ...(await run(await newStorage(), { targets, excludes })).nodes.keys(),
      ];
      expect(await names(["no", "keep/no"])).toEqual(["/keep", "/keep/no", "/keep/no/x", "/no"]);
      expect(await names(["."])).toEqual(["/keep", "/keep/yes", "/other"]);
      expect(await names(["keep", "keep/no/x"])).toEqual(["/keep", "/keep/no", "/keep/no/x", "/keep/yes"]);
    } finally {
      process.chdir(here);
    }
  });

  it("records paths as they are from the root, in the order given", async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, { "b/x": "1", "a/y": "2" });
    const here = process.cwd();
    try {
      process.chdir(join(folder, "b"));
      const { snapshot } = await run(await newStorage(), { targets: ["x", "../a/", "."] });
      expect(snapshot.paths).toEqual([join(folder, "b/x"), join(folder, "a"), join(folder, "b")]);
    } finally {
      process.chdir(here);
    }
  });
});

describe.runIf(process.platform !== "win32")("a source that we may not read all of", () => {
  it("is saved without that, and each fault is told once", async () => {
    const folder = await temporaryFolder();
    const source = join(folder, "source");
    await writeFiles(source, {
      "file/secret": "1",
      "file/open": "2",
      "list/inside": "3",
      "search/inside": "4",
      "search/sub/deep": "5",
      fine: "6",
    });
    chmodSync(folder, 0o755);
    chmodSync(join(source, "file/secret"), 0o000);
    chmodSync(join(source, "list"), 0o333);
    chmodSync(join(source, "search"), 0o644);
    const repository = join(folder, "repository");
    await newStorage(createLocalStorage(repository));
    execFileSync("chmod", ["-R", "a+rwX", repository]);
    const script = join(import.meta.dirname, "programs", "backup-without-permission.mjs");
    for (const count of workers) {
      const outcome = succeed(
        await runProgram(process.execPath, [script, repository, source, String(count)], { cwd: "/" }),
      );
      const { snapshotId, errors } = JSON.parse(outcome.stdout) as { snapshotId: string; errors: string[] };
      expect(errors.sort()).toEqual([
        `archival ${source}/file/secret: open ${source}/file/secret: permission denied`,
        `archival ${source}/list: openfile for readdirnames failed: open ${source}/list: permission denied`,
        `archival ${source}/search/inside: lstat ${source}/search/inside: permission denied`,
        `archival ${source}/search/sub: lstat ${source}/search/sub: permission denied`,
        `scan ${source}/list: openfile for readdirnames failed: open ${source}/list: permission denied`,
        `scan ${source}/search/inside: lstat ${source}/search/inside: permission denied`,
        `scan ${source}/search/sub: lstat ${source}/search/sub: permission denied`,
      ]);
      execFileSync("chmod", ["-R", "a+rwX", repository]);
      const opened = await open(createLocalStorage(repository));
      const snapshot = await opened.loadSnapshot(snapshotId as never);
      const nodes = await nodesOf(opened, snapshot);
      expect(below(source, nodes)).toEqual(["file", "file/open", "fine", "search"]);
    }
  });
});
