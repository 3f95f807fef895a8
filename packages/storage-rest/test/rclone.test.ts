/** Our storage through the real rclone. */
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRcloneStorage, parseRcloneLocation, type RcloneStorageOptions } from "@tastic/storage-rest";
import { describe, expect, it, onTestFinished } from "vitest";
import { sampleBytes } from "../../../test/support/bytes.js";
import { describeWithRclone, rclone, temporaryFolder } from "../../../test/support/peers.js";
import { failure, fileFor, listed, storageConformance } from "../../storage/test/conformance.js";

function create(remote: string, options: Partial<RcloneStorageOptions> = {}) {
  const lines: string[] = [];
  const storage = createRcloneStorage({
    location: parseRcloneLocation(`rclone:${remote}`),
    program: [rclone ?? "rclone"],
    onLine: (line) => lines.push(line),
    ...options,
  });
  return { storage, lines };
}

const bytes = sampleBytes(100);
const file = fileFor("index", bytes);

describeWithRclone("through rclone", () => {
  // In rclone's memory, which is each one's own, and where an object is there whole or not at all, as in the stores
  // that rclone is for. On a local disk, rclone shows a file while it is being written.
  storageConformance("rclone:", async () => create(":memory:bucket/path").storage);

  it("says at once that rclone does not know the remote, in rclone's words", async () => {
    const { storage, lines } = create("nowhere:bucket");
    const error = await failure(storage.stat(file), "invalid-argument");
    expect(error.message).toContain("nowhere");
    expect(lines.join("\n")).toContain("nowhere");
    await storage.close();
  });

  it("starts rclone again where it has ended", async () => {
    const folder = join(await temporaryFolder(), "repository");
    await mkdir(folder);
    // Notes each start, and its process.
    const started = join(folder, "..", "started");
    const program = join(folder, "..", "program");
    await writeFile(program, `#!/bin/sh\necho $$ >> ${started}\nexec ${rclone} "$@"\n`);
    await chmod(program, 0o755);
    const { storage } = create(folder, { program: [program] });
    onTestFinished(() => storage.close());
    await storage.prepare();
    await storage.save(file, bytes);
    const [first] = await processesIn(started);
    process.kill(first!, "SIGKILL");
    await expect
      .poll(
        async () =>
          storage.load(file).then(
            (found) => found.length,
            () => "failed",
          ),
        { timeout: 10_000 },
      )
      .toBe(bytes.length);
    const [, second] = await processesIn(started);
    expect(await listed(storage, "index")).toEqual(new Map([[file.name, bytes.length]]));
    await storage.close();
    await expect.poll(() => isRunning(second!)).toBe(false);
    await failure(storage.load(file), "cancelled");
  });
});

describe("without rclone", () => {
  it("says how to get it", async () => {
    const { storage } = create("b2:bucket", { program: ["no-such-rclone"] });
    const error = await failure(storage.stat(file), "invalid-argument");
    expect(error.message).toContain("no-such-rclone");
    expect(error.guidance).toContain("rclone.program");
    await storage.close();
  });

  it.runIf(process.platform !== "win32")("does not wait for ever for what takes its place", async () => {
    const { storage } = create("b2:bucket", { program: ["cat"], args: [], timeout: 300 });
    await failure(storage.stat(file), "invalid-argument");
    const silent = create("600", { program: ["sleep"], args: [], timeout: 300 }).storage;
    const error = await failure(silent.stat(file), "storage-failed");
    expect(error.message).toContain("within 0.3 s");
    await Promise.all([storage.close(), silent.close()]);
  });
});

async function processesIn(path: string): Promise<number[]> {
  return (await readFile(path, "utf8")).trim().split("\n").map(Number);
}

function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch {
    return false;
  }
}
