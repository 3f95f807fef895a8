/**
 * Threat 17: what helps when a password or a key got out, as docs/operate.md tells it. Another password does not: it opens
 * the same master key. A new repository does, to which everything is copied.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { nodeCrypto, type MasterKey } from "@tastic/crypto";
import { Repository } from "@tastic/repository";
import { createLocalStorage, type FileType } from "@tastic/storage";
import { expect, it } from "vitest";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { temporaryFolder } from "./support/folders.js";
import { runTastic } from "./support/peers.js";
import { succeed, testPassword } from "./support/programs.js";
import { treeOf, writeFiles } from "./support/trees.js";

const secret = "what nobody else is to read ";
const newPassword = "another password altogether";

/** How many objects of these types the key opens, and how many there are. */
async function opened(path: string, key: MasterKey): Promise<[number, number]> {
  const storage = createLocalStorage(path);
  const sealer = nodeCrypto.createSealer(key);
  let [count, all] = [0, 0];
  for (const type of ["config", "snapshot", "index"] as const satisfies readonly FileType[]) {
    const names: string[] = [];
    if (type === "config") names.push("");
    else for await (const { name } of storage.list(type)) names.push(name);
    for (const name of names) {
      all++;
      try {
        sealer.open(await storage.load({ type, name }), name);
        count++;
      } catch (error) {
        expect(error).toMatchObject({ code: "damaged-ciphertext" });
      }
    }
  }
  await storage.close();
  return [count, all];
}

it("threat 17: a leaked key outlives every change of the password, and is worth nothing after everything moved", async () => {
  const folder = await temporaryFolder();
  const [source, old, next] = [join(folder, "source"), join(folder, "old"), join(folder, "new")];
  await writeFiles(source, { "a.txt": secret.repeat(50), "b/c.txt": secret.repeat(3) });
  await makeCheapRepository(old);
  const back = (password: string): Promise<unknown> =>
    runTastic(["backup", "--no-cache", source], { repo: old, password }).then(succeed);
  await back(testPassword);

  // Somebody has seen the password, and with it the master key.
  const storage = createLocalStorage(old);
  const before = await Repository.open(storage, { password: testPassword });
  const leaked = before.masterKey;
  const { keyId } = before;
  await before.addKey(newPassword, { scrypt: { N: 16, r: 1, p: 1 } });
  await (await Repository.open(storage, { password: newPassword })).removeKey(keyId);
  await writeFiles(source, { "later.txt": secret.repeat(9) });
  expect((await runTastic(["snapshots", "--no-cache"], { repo: old })).code).not.toBe(0);
  await back(newPassword);
  const [read, all] = await opened(old, leaked);
  expect([read, all]).toEqual([5, 5]);

  // The way that helps: a new repository, everything copied, all of it read and compared, and only then the old one gone.
  const env = { RESTIC_FROM_PASSWORD: newPassword };
  const password = "the third password";
  succeed(await runTastic(["init"], { repo: next, password }));
  succeed(await runTastic(["copy", "--no-cache", "--from-repo", old], { repo: next, password, env }));
  succeed(await runTastic(["check", "--no-cache", "--read-data"], { repo: next, password }));
  const target = join(folder, "back");
  const restored = ["restore", "--no-cache", `latest:${source}`, "--target", target];
  succeed(await runTastic(restored, { repo: next, password }));
  expect(await treeOf(target)).toEqual(await treeOf(source));
  const [afterwards, there] = await opened(next, leaked);
  expect(afterwards).toBe(0);
  expect(there).toBeGreaterThanOrEqual(4);

  const documented = await readFile(join(import.meta.dirname, "..", "docs", "operate.md"), "utf8");
  for (const words of ["tastic init", "tastic copy --from-repo", "tastic check --read-data"])
    expect(documented).toContain(words);
});
