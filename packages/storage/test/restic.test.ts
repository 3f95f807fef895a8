/** A local storage and the real restic on the same folder. */
import { readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { createLocalStorage, type FileType } from "@tastic/storage";
import { expect, it } from "vitest";
import { sampleBytes, sha256Hex } from "../../../test/support/bytes.js";
import { describeWithRestic, runRestic, succeed, temporaryFolder } from "../../../test/support/peers.js";
import { treeOf, writeFiles } from "../../../test/support/trees.js";
import { listed } from "./conformance.js";

const types: readonly FileType[] = ["config", "key", "lock", "snapshot", "index", "pack"];

describeWithRestic("a repository made by restic", () => {
  async function repository() {
    const folder = await temporaryFolder();
    const repo = join(folder, "repository");
    await writeFiles(folder, { "source/text": "hello", "source/deep/bytes": sampleBytes(3_000_000) });
    succeed(await runRestic(["init"], { repo }));
    succeed(await runRestic(["backup", "source"], { repo, cwd: folder }));
    return { folder, repo };
  }

  it("holds what we list, and every object has its content's name", async () => {
    const { repo } = await repository();
    const storage = createLocalStorage(repo);
    for (const [type, plural] of [
      ["pack", "packs"],
      ["index", "index"],
      ["snapshot", "snapshots"],
      ["key", "keys"],
    ] as const) {
      const names = succeed(await runRestic(["list", plural, "--no-lock"], { repo }))
        .stdout.trim()
        .split("\n");
      const found = await listed(storage, type);
      expect([...found.keys()].toSorted()).toEqual(names.toSorted());
      for (const [name, size] of found) {
        const bytes = await storage.load({ type, name });
        expect(sha256Hex(bytes)).toBe(name);
        expect(bytes.length).toBe(size);
      }
    }
    expect((await storage.load({ type: "config", name: "" })).length).toBe(155);
  });

  it("becomes, copied through our storage, one that restic accepts and that looks the same", async () => {
    const { folder, repo } = await repository();
    const from = createLocalStorage(repo);
    const copy = join(folder, "copy");
    const to = createLocalStorage(copy);
    await to.prepare();
    for (const type of types) {
      for await (const { name } of from.list(type))
        await to.save({ type, name }, await from.load({ type, name }));
    }
    expect(await treeOf(copy)).toEqual(await treeOf(repo));
    for (const path of ["", "data/00", ...Object.keys(await treeOf(repo))]) {
      expect((await stat(join(copy, path))).mode, path).toBe((await stat(join(repo, path))).mode);
    }
    succeed(await runRestic(["check", "--read-data"], { repo: copy }));
  });

  it("takes objects back that were removed", async () => {
    const { folder, repo } = await repository();
    const storage = createLocalStorage(repo);
    const [name] = [...(await listed(storage, "pack")).keys()];
    const path = join(repo, "data", name!.slice(0, 2), name!);
    const aside = join(folder, "aside");
    await rename(path, aside);
    expect((await runRestic(["check"], { repo })).code).toBe(1);
    await storage.save({ type: "pack", name: name! }, await readFile(aside));
    succeed(await runRestic(["check", "--read-data"], { repo }));
  });
});
