/** What is left of a local repository when the process that writes to it is killed, or may not go on. */
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { spawn } from "node:child_process";
import { createLocalStorage } from "@tastic/storage";
import { describe, expect, it } from "vitest";
import { sha256Hex } from "../../../test/support/bytes.js";
import { succeed, temporaryFolder } from "../../../test/support/peers.js";
import { runProgram } from "../../../test/support/programs.js";
import { listed } from "./conformance.js";

const script = (name: string) => join(import.meta.dirname, "programs", name);

describe("a local storage whose process is killed", () => {
  it.each([1, 2, 3, 5, 8, 13])("shows only whole objects after save %d was begun", async (count) => {
    const root = join(await temporaryFolder(), "repository");
    const child = spawn(process.execPath, [script("save-forever.mjs"), root], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const closed = once(child, "close");
    const finished: string[] = [];
    let begun = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      const [what, name] = line.split(" ");
      if (what === "saved") finished.push(name!);
      else if (++begun === count) child.kill("SIGKILL");
    }
    await closed;
    if (process.platform !== "win32") expect(child.signalCode).toBe("SIGKILL");

    const storage = createLocalStorage(root);
    const visible = await listed(storage, "pack");
    for (const name of visible.keys()) {
      expect(sha256Hex(await storage.load({ type: "pack", name }))).toBe(name);
    }
    expect(finished.length).toBeGreaterThanOrEqual(count - 1);
    for (const name of finished) expect(visible.has(name), name).toBe(true);
  });
});

describe.runIf(process.platform === "linux")("a local storage with too little room", () => {
  it("goes on after a short write, reports the failure and leaves nothing behind", async () => {
    const root = join(await temporaryFolder(), "repository");
    await createLocalStorage(root).prepare();
    // A limit of 1000 KiB lets a longer write end early, and fails the next one.
    const limited = `ulimit -f 1000; exec "$0" "$@"`;
    const outcome = await runProgram("bash", ["-c", limited, process.execPath, script("save-two.mjs"), root]);
    expect(succeed(outcome).stdout).toBe("small: saved\nlarge: storage-failed EFBIG\n");
    const storage = createLocalStorage(root);
    const found = await listed(storage, "index");
    expect([...found.values()]).toEqual([900 * 1024]);
    const [name] = [...found.keys()];
    expect(sha256Hex(await storage.load({ type: "index", name: name! }))).toBe(name);
    expect(await readdir(join(root, "index"))).toEqual([name]);
  });
});
