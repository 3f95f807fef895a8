/** A local repository of someone else. The operations run in a process without root's rights, which would hide it all. */
import { chmod, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalStorage } from "@tastic/storage";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sampleBytes } from "../../../test/support/bytes.js";
import { removeFolder } from "../../../test/support/folders.js";
import { runProgram, succeed } from "../../../test/support/programs.js";
import { fileFor } from "./conformance.js";

const script = join(import.meta.dirname, "programs", "without-permission.mjs");
const bytes = sampleBytes(100);
const file = fileFor("index", bytes);

describe.runIf(process.platform !== "win32")("a local storage without permission", () => {
  let folder: string;
  let root: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "tastic-test-"));
    root = join(folder, "repository");
    const storage = createLocalStorage(root);
    await storage.prepare();
    await storage.save(file, bytes);
    await chmod(folder, 0o755);
    await chmod(root, 0o755);
  });
  afterEach(() => removeFolder(folder));

  async function attempt(): Promise<string[]> {
    const outcome = succeed(await runProgram(process.execPath, [script, root, file.name], { cwd: "/" }));
    return outcome.stdout.trim().split("\n");
  }

  it("reports a folder that may not be entered", async () => {
    await chmod(join(root, "index"), 0o000);
    expect(await attempt()).toEqual([
      "save: access-denied",
      "load: access-denied",
      "stat: access-denied",
      "list: access-denied",
      "remove: access-denied",
    ]);
  });

  it("reads what may be read, and reports what may not be changed", async () => {
    await chmod(join(root, "index"), 0o555);
    await chmod(join(root, "index", file.name), 0o444);
    expect(await attempt()).toEqual([
      "save: access-denied",
      "load: done",
      "stat: done",
      "list: done",
      "remove: access-denied",
    ]);
  });

  it("saves into a folder that may be written to and not be listed", async () => {
    await chmod(join(root, "index"), 0o333);
    await chmod(join(root, "index", file.name), 0o444);
    expect(await attempt()).toEqual([
      "save: done",
      "load: done",
      "stat: done",
      "list: access-denied",
      "remove: done",
    ]);
  });
});
