/** What a hostile snapshot, or a hostile target, must not achieve. Each test is named by what it stops. */
import type { Node } from "@tastic/format";
import { encodeNode } from "@tastic/format";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { restore } from "@tastic/snapshots";
import type { RestoreOptions } from "@tastic/snapshots";
import { checkName } from "../dist/restore/safe-path.js";
import { SampleRepository, sketchNode } from "./sample-repository.js";
import { makeTestFolder, removeFolder } from "./test-folder.js";

const isRoot = process.geteuid?.() === 0;

let folder: string;
let outside: string;
let sample: SampleRepository;

beforeEach(async () => {
  folder = makeTestFolder();
  outside = join(folder, "outside");
  mkdirSync(outside);
  writeFileSync(join(outside, "precious"), "precious", { mode: 0o640 });
  sample = await SampleRepository.create();
});
afterEach(() => {
  // Whatever a test tried, nothing outside of the target has changed.
  expect(readdirSync(outside)).toEqual(["precious"]);
  expect(readFileSync(join(outside, "precious"), "utf8")).toBe("precious");
  expect(statSync(join(outside, "precious")).mode & 0o777).toBe(0o640);
  expect(Date.now() - statSync(join(outside, "precious")).mtimeMs).toBeLessThan(3_600_000);
  expect(readdirSync(folder).filter((name) => name !== "out" && name !== "outside")).toEqual([]);
  removeFolder(folder);
});

async function restoreJson(json: string, options: Partial<RestoreOptions> = {}): Promise<string[]> {
  const treeId = await sample.rawTree(json);
  await sample.flush();
  const errors: string[] = [];
  await restore(
    sample.repository,
    { treeId },
    {
      target: join(folder, "out"),
      onEvent: (event) => void (event.type === "error" && errors.push(`${event.path}: ${event.message}`)),
      ...options,
    },
  );
  return errors;
}

function restoreNodes(nodes: readonly Node[], options: Partial<RestoreOptions> = {}): Promise<string[]> {
  return restoreJson(`{"nodes":[${nodes.map(encodeNode).join(",")}]}\n`, options);
}

function out(...names: string[]): string {
  return join(folder, "out", ...names);
}

const hostileNames = [
  "..",
  ".",
  "",
  "/",
  "../outside/precious",
  "..\0",
  "a/../../outside/precious",
  "/etc/passwd",
  "a/b",
  "nul\0",
  "../out2",
  "...//",
  "./a",
  "a/",
  "/",
  "outside/../..",
];

describe("threat 1: names", () => {
  it.each(hostileNames)("that lead out of the target: %j", async (name) => {
    const node = JSON.stringify({
      name,
      type: "file",
      mode: 0o644,
      mtime: "2024-01-01T00:00:00Z",
      atime: "2024-01-01T00:00:00Z",
      ctime: "2024-01-01T00:00:00Z",
      uid: 0,
      gid: 0,
      content: [],
    });
    const errors = await restoreJson(`{"nodes":[${node}]}\n`, { delete: true });
    expect(errors).toHaveLength(1);
    expect(readdirSync(out())).toEqual([]);
  });

  it.each(hostileNames)("are refused by the restore itself too: %j", (name) => {
    expect(() => checkName(name)).toThrow(expect.objectContaining({ code: "unsafe-path" }) as Error);
  });

  it("of drives and streams are refused on Windows", () => {
    for (const name of ["C:", "a\\..\\b", "file:stream"]) {
      expect(() => checkName(name, "win32")).toThrow(
        expect.objectContaining({ code: "unsafe-path" }) as Error,
      );
      expect(() => checkName(name, "linux")).not.toThrow();
    }
  });

  it("that are hostile turn deleting off everywhere", async () => {
    mkdirSync(out("dir"), { recursive: true });
    writeFileSync(out("dir", "precious"), "");
    const dir = encodeNode(await sample.folder("dir", [await sample.file("x", ["x"])]));
    const hostile = encodeNode(sketchNode({ name: "up", type: "file" })).replace('"up"', '"../up"');
    await restoreJson(`{"nodes":[${dir},${hostile}]}\n`, { delete: true });
    expect(readdirSync(out("dir")).sort()).toEqual(["precious", "x"]);
  });

  it("that come twice, first as a link and then as a folder", async () => {
    const link = sketchNode({ name: "a", type: "symlink", linkTarget: outside });
    const errors = await restoreNodes([
      link,
      await sample.folder("a", [await sample.file("precious", ["evil"])]),
    ]);
    expect(errors).toHaveLength(1);
    expect(existsSync(out("a", "precious")) && !lstatSync(out("a")).isSymbolicLink()).toBe(false);
  });
});

describe("threat 2: links", () => {
  it("planted in the place of a folder are replaced, not followed", async () => {
    mkdirSync(out());
    symlinkSync(outside, out("dir"));
    const errors = await restoreNodes([
      await sample.folder("dir", [await sample.file("precious", ["evil"]), await sample.folder("sub", [])]),
    ]);
    expect(errors).toEqual([]);
    expect(lstatSync(out("dir")).isDirectory()).toBe(true);
    expect(readFileSync(out("dir", "precious"), "utf8")).toBe("evil");
  });

  it("planted in the place of a file are replaced, not written through", async () => {
    mkdirSync(out());
    symlinkSync(join(outside, "precious"), out("file"));
    symlinkSync(join(outside, "new"), out("dangling"));
    await restoreNodes([
      await sample.file("dangling", ["evil"]),
      await sample.file("file", ["evil", "more"]),
    ]);
    expect(lstatSync(out("file")).isFile()).toBe(true);
    expect(lstatSync(out("dangling")).isFile()).toBe(true);
  });

  it.each(["always", "if-changed", "if-newer", "never"] as const)(
    "to the right content do not count as the file (%s)",
    async (overwrite) => {
      mkdirSync(out());
      symlinkSync(join(outside, "precious"), out("file"));
      await restoreNodes([await sample.file("file", ["precious"], { mode: 0o666 })], { overwrite });
      // With the modes that leave it there, nothing is done to what it leads to.
      if (overwrite === "always" || overwrite === "if-changed")
        expect(lstatSync(out("file")).isFile()).toBe(true);
    },
  );

  it.each([0, 2])(
    "planted while the restore runs do not lead its files astray (%i workers)",
    async (workers) => {
      const first = await sample.file("a", ["first"]);
      await sample.flush();
      const treeId = await sample.tree([first, await sample.file("b", ["second"])]);
      await sample.flush();
      const errors: string[] = [];
      let planted = false;
      await restore(
        sample.repository,
        { treeId },
        {
          target: out(),
          workers,
          onEvent: (event) => {
            // While the restore finds out what is to be done: a new folder is not looked into.
            if (event.type === "progress" && !planted) {
              symlinkSync(join(outside, "precious"), out("b"));
              planted = true;
            }
            if (event.type === "error") errors.push(event.message);
          },
        },
      );
      expect(planted).toBe(true);
      expect(errors).toEqual([]);
      expect(readFileSync(out("b"), "utf8")).toBe("second");
      expect(lstatSync(out("b")).isFile()).toBe(true);
    },
  );

  it("threat 4: get no mode, and their targets neither", async () => {
    await restoreNodes([
      sketchNode({
        name: "link",
        type: "symlink",
        linkTarget: join(outside, "precious"),
        mode: 0x0880_0000 + 0o777,
      }),
    ]);
    expect(lstatSync(out("link")).isSymbolicLink()).toBe(true);
  });

  it("of a folder's name do not get the folder's times and mode", async () => {
    const node = await sample.folder("dir", [], { mode: 0x8000_0000 + 0o700 });
    const treeId = await sample.tree([node, sketchNode({ name: "link", type: "symlink", linkTarget: "x" })]);
    await sample.flush();
    const mode = statSync(outside).mode;
    const errors: string[] = [];
    await restore(
      sample.repository,
      { treeId },
      {
        target: out(),
        onEvent: (event) => {
          // Just before folders are finished, someone puts a link in the folder's place.
          if (event.type === "item" && event.path === "/link") {
            chmodSync(out(), 0o700);
            removeFolder(out("dir"));
            symlinkSync(outside, out("dir"));
          }
          if (event.type === "error") errors.push(event.path);
        },
      },
    );
    expect(errors).toEqual(["/dir"]);
    expect(statSync(outside).mode).toBe(mode);
  });
});

describe("threat 3: hard links", () => {
  it("are made only to files that this restore wrote", async () => {
    const shared = { inode: 5n, deviceId: 6n, links: 2n };
    const lost = sketchNode({
      name: "a",
      type: "file",
      size: 1,
      content: ["ef".repeat(32) as never],
      ...shared,
    });
    mkdirSync(out());
    symlinkSync(join(outside, "precious"), out("a"));
    const errors = await restoreNodes([lost, await sample.file("b", ["x"], shared)]);
    expect(errors).toHaveLength(2);
    expect(existsSync(out("b"))).toBe(false);
  });
});

describe.skipIf(!isRoot)("as root", () => {
  it("threat 5: a setuid bit outlives the change of owner, which would clear it if it came later", async () => {
    const node = await sample.file("su", ["x"], { mode: 0x0080_0000 + 0o755, uid: 12_345, gid: 54_321 });
    const treeId = await sample.tree([node]);
    await sample.flush();
    await restore(sample.repository, { treeId }, { target: out() });
    const { uid, gid, mode } = statSync(out("su"));
    expect([uid, gid, mode & 0o7777]).toEqual([12_345, 54_321, 0o4755]);
  });
});

describe.skipIf(!isRoot || process.seteuid === undefined)("as another user than root", () => {
  it("threat 5: a setuid bit is dropped where the owner cannot be set", async () => {
    chmodSync(folder, 0o777);
    const treeId = await sample.tree([
      await sample.file("su", ["x"], { mode: 0x0080_0000 + 0o755, uid: 0, gid: 0 }),
    ]);
    await sample.flush();
    process.seteuid?.(65_534);
    try {
      const { errorCount } = await restore(sample.repository, { treeId }, { target: out() });
      expect(errorCount).toBe(0);
    } finally {
      process.seteuid?.(0);
    }
    const { uid, mode } = statSync(out("su"));
    expect([uid, mode & 0o7777]).toEqual([65_534, 0o755]);
  });
});

describe("a restore whose lock is not held yet", () => {
  it("touches nothing until it is", async () => {
    let hold = (): void => undefined;
    const held = new Promise<void>((resolve) => (hold = resolve));
    const seen: boolean[] = [];
    // Long enough for one that did not wait.
    setTimeout(() => {
      seen.push(existsSync(out()));
      hold();
    }, 200);
    await restoreNodes([await sample.folder("a", [])], { held });
    expect(seen).toEqual([false]);
    expect(existsSync(out("a"))).toBe(true);
  });

  it("touches nothing if it never is", async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 200);
    const held = new Promise<void>(() => undefined);
    const restored = restoreNodes([await sample.folder("a", [])], { held, signal: controller.signal });
    await expect(restored).rejects.toMatchObject({ code: "cancelled" });
    expect(existsSync(out())).toBe(false);
  });
});
