import { chmod, mkdir, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createLocalStorage } from "@tastic/storage";
import { describe, expect, it } from "vitest";
import { sampleBytes } from "../../../test/support/bytes.js";
import { temporaryFolder } from "../../../test/support/peers.js";
import { treeOf } from "../../../test/support/trees.js";
import { failure, fileFor, listed, storageConformance } from "./conformance.js";

storageConformance("local", async () => createLocalStorage(join(await temporaryFolder(), "repository")));

const posix = process.platform !== "win32";

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

async function prepared() {
  const root = join(await temporaryFolder(), "deep", "repository");
  const storage = createLocalStorage(root);
  await storage.prepare();
  return { root, storage };
}

describe("a local repository's folder", () => {
  it("holds 261 folders and nothing else when it is new", async () => {
    const { root } = await prepared();
    const tree = await treeOf(root);
    expect(Object.keys(tree)).toHaveLength(261);
    expect(new Set(Object.values(tree))).toEqual(new Set(["folder"]));
    expect(await readdir(root)).toEqual(["data", "index", "keys", "locks", "snapshots"]);
  });

  it.runIf(posix)("is its owner's alone, and finished files are not writable", async () => {
    const { root, storage } = await prepared();
    const bytes = sampleBytes(10);
    const { name } = fileFor("pack", bytes);
    for (const type of ["config", "pack", "index"] as const) await storage.save(fileFor(type, bytes), bytes);
    expect(await modeOf(root)).toBe("700");
    expect(await modeOf(join(root, "data", "ff"))).toBe("700");
    expect(await modeOf(join(root, "config"))).toBe("400");
    expect(await modeOf(join(root, "index", name))).toBe("400");
    expect(await modeOf(join(root, "data", name.slice(0, 2), name))).toBe("400");
  });

  it.runIf(posix)("is shared with the group where the config is", async () => {
    const { root, storage } = await prepared();
    await storage.save({ type: "config", name: "" }, sampleBytes(5));
    await chmod(join(root, "config"), 0o440);
    const again = createLocalStorage(root);
    const bytes = sampleBytes(10);
    const { name } = fileFor("pack", bytes);
    const folder = join(root, "data", name.slice(0, 2));
    await rm(folder, { recursive: true });
    await again.save({ type: "pack", name }, bytes);
    expect(await modeOf(join(folder, name))).toBe("440");
    expect(await modeOf(folder)).toBe((0o770 & ~process.umask()).toString(8));
  });

  it("gets back a folder that is missing, also when it is listed", async () => {
    const { root, storage } = await prepared();
    await rm(join(root, "data"), { recursive: true });
    await rm(join(root, "index"), { recursive: true });
    expect((await listed(storage, "pack")).size).toBe(0);
    expect((await listed(storage, "index")).size).toBe(0);
    const bytes = sampleBytes(10);
    await storage.save(fileFor("pack", bytes), bytes);
    await storage.save(fileFor("index", bytes), bytes);
    expect((await listed(storage, "pack")).size).toBe(1);
    expect((await listed(storage, "index")).size).toBe(1);
  });

  it("does not come back where the whole of it is gone", async () => {
    const root = join(await temporaryFolder(), "unmounted");
    const storage = createLocalStorage(root);
    const bytes = sampleBytes(10);
    await failure(storage.save(fileFor("pack", bytes), bytes), "not-found");
    await failure(storage.save({ type: "config", name: "" }, bytes), "not-found");
    await expect(stat(root)).rejects.toThrow("ENOENT");
  });

  it("may hold files that are none of ours", async () => {
    const { root, storage } = await prepared();
    const bytes = sampleBytes(10);
    const file = fileFor("pack", bytes);
    await storage.save(file, bytes);
    const folders = [
      "data",
      `data/${file.name.slice(0, 2)}`,
      "data/00",
      "index",
      "keys",
      "locks",
      "snapshots",
    ];
    for (const folder of folders) {
      await writeFile(join(root, folder, "tmp12345"), "junk");
      await writeFile(join(root, folder, `${file.name}-tmp-123`), "half");
      await mkdir(join(root, folder, "e".repeat(64)));
    }
    // A pack in a folder that its name does not lead to could not be loaded.
    await writeFile(join(root, "data", "01", "f".repeat(64)), "lost");
    for (const type of ["key", "lock", "snapshot", "index"] as const) {
      expect(await listed(storage, type), type).toEqual(new Map());
    }
    expect(await listed(storage, "pack")).toEqual(new Map([[file.name, 10]]));
  });

  it.runIf(posix)("may have packs on another disk, by symbolic link", async () => {
    const { root, storage } = await prepared();
    const elsewhere = await temporaryFolder();
    const bytes = sampleBytes(10);
    const file = fileFor("pack", bytes);
    await writeFile(join(elsewhere, "object"), bytes);
    await symlink(join(elsewhere, "object"), join(root, "data", file.name.slice(0, 2), file.name));
    await symlink(join(elsewhere, "nothing"), join(root, "data", "ff", "f".repeat(64)));
    expect(await listed(storage, "pack")).toEqual(new Map([[file.name, 10]]));
    expect(await storage.load(file)).toEqual(bytes);
  });

  it("reports a path that is a file", async () => {
    const file = join(await temporaryFolder(), "file");
    await writeFile(file, "");
    const storage = createLocalStorage(file);
    await failure(storage.prepare(), "storage-failed");
    await failure(storage.stat({ type: "config", name: "" }), "storage-failed");
    await failure(listed(storage, "index"), "storage-failed");
  });

  it("leaves nothing behind when it cannot finish", async () => {
    const { root, storage } = await prepared();
    const bytes = sampleBytes(1000);
    const { name } = fileFor("index", bytes);
    // A folder of the object's name lets everything succeed but the last step.
    await mkdir(join(root, "index", name));
    await writeFile(join(root, "index", name, "occupied"), "");
    const error = await failure(storage.save({ type: "index", name }, bytes), "storage-failed");
    expect(error.message).toContain(`index ${name.slice(0, 8)}`);
    expect(await readdir(join(root, "index"))).toEqual([name]);
  });

  it("needs a path", () => {
    expect(() => createLocalStorage("")).toThrow("path of a folder");
    expect(() => createLocalStorage("a\0b")).toThrow("path of a folder");
  });
});
