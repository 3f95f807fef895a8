/** One marketplace, and one service of a 3Bot, for each folder; what a killed one leaves keeps nobody out. */
import { once } from "node:events";
import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { silentLog } from "@tastic/rest-server";
import { runMarketplace } from "@tastic/threebot";
import { describe, expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../../../test/support/folders.js";
import { startProgram } from "../../../test/support/programs.js";
import { main } from "../dist/command/main.js";
import { lockFolder, type FolderLock, type FolderLockOptions } from "../dist/state/folder-lock.js";
import { FakeOwner } from "./support/fake-owner.js";
import { createTerminal } from "./support/terminal.js";

const marketplaceProcess = join(import.meta.dirname, "support", "marketplace-process.mjs");
const listenAnywhere = {
  listen: "127.0.0.1:0",
  servers: { embedded: [{ listen: "127.0.0.1:0" }, { listen: "127.0.0.1:0" }] },
} as const;

describe("a marketplace", () => {
  it("is the only one in its folder, until it has stopped", async () => {
    const folder = await temporaryFolder();
    const first = await runMarketplace({ folder, ...listenAnywhere });
    onTestFinished(() => first.stop());
    await expect(runMarketplace({ folder, ...listenAnywhere })).rejects.toMatchObject({
      code: "locked",
      message: expect.stringContaining(`process ${process.pid}`) as string,
      guidance: expect.stringMatching(/Stop that one/) as string,
    });
    // The first goes on.
    expect(await first.issueToken("alice")).toMatch(/./);
    expect((await fetch(`${first.url}api/v1/nothing`)).status).toBe(404);
    await first.stop();
    expect(await readdir(folder)).not.toContain("in-use");
    const second = await runMarketplace({ folder, ...listenAnywhere });
    await second.stop();
  });

  it("that was killed keeps the next one out for no moment", async () => {
    const folder = await temporaryFolder();
    const running = await startProgram(process.execPath, [marketplaceProcess, folder, "killed"]);
    onTestFinished(() => void running.child.kill("SIGKILL"));
    await once(running.child.stdout!, "data");
    await expect(runMarketplace({ folder, ...listenAnywhere })).rejects.toMatchObject({
      code: "locked",
      data: { folder, pid: running.child.pid },
    });
    running.child.kill("SIGKILL");
    await running.finished;
    const said: string[] = [];
    const log = { ...silentLog, info: (message: string) => void said.push(message) };
    const next = await runMarketplace({ folder, ...listenAnywhere, log });
    await next.stop();
    expect(said.join("\n")).toContain("is taken over");
    expect(said.join("\n")).not.toContain("waiting");
  });
});

it("a 3Bot's service is the only one on its state", async () => {
  const state = await temporaryFolder();
  const args = ["serve", "--listen", "127.0.0.1:0", "--state", state];
  const variables = { PAGE_PASSWORD: "four words of mine" };
  const first = createTerminal({ variables });
  const ended = main(args, first.terminal, () => Promise.resolve(new FakeOwner()));
  try {
    await expect.poll(() => first.printed.out, { timeout: 60_000 }).toContain("is at http");
    const second = createTerminal({ variables });
    let opened = 0;
    const open = (): Promise<FakeOwner> => Promise.resolve(new FakeOwner()).finally(() => opened++);
    expect(await main(args, second.terminal, open)).toBe(1);
    expect(second.printed.err).toContain(`a service works in ${state} already, process ${process.pid}`);
    expect(opened).toBe(0);
  } finally {
    first.stop.abort();
  }
  expect(await ended).toBe(0);
  expect(await readdir(state)).not.toContain("in-use");
});

describe("a folder", () => {
  const lock = async (folder: string, more: Partial<FolderLockOptions> = {}): Promise<FolderLock> => {
    const held = await lockFolder(folder, {
      what: "a test",
      log: silentLog,
      lost: () => undefined,
      patience: 400,
      ...more,
    });
    onTestFinished(() => held.release());
    return held;
  };
  const left = async (folder: string, change: object = {}): Promise<void> => {
    const held = await lock(folder);
    const text = await readFile(join(folder, "in-use"), "utf8");
    await held.release();
    await writeFile(join(folder, "in-use"), JSON.stringify({ ...(JSON.parse(text) as object), ...change }));
  };

  it("is taken over from a process that is gone, also if another has its number now", async () => {
    const folder = await temporaryFolder();
    for (const change of [
      { pid: 2 ** 30 },
      ...(process.platform === "linux" ? [{ pid: process.ppid, began: "1" }] : []),
    ]) {
      await left(folder, change);
      await (await lock(folder)).release();
    }
  });

  it("of another machine, or with what nobody can read, is taken over if nothing moves", async () => {
    const folder = await temporaryFolder();
    await left(folder, { where: "elsewhere", host: "elsewhere" });
    await (await lock(folder)).release();
    for (const text of ["", "{", "null"]) {
      await writeFile(join(folder, "in-use"), text);
      await (await lock(folder)).release();
    }
  });

  it("of another machine that says that it lives stays there", async () => {
    const folder = await temporaryFolder();
    await left(folder, { where: "elsewhere", host: "elsewhere" });
    const waiting = lock(folder, { patience: 60_000 });
    const refused = expect(waiting).rejects.toMatchObject({ code: "locked", data: { host: "elsewhere" } });
    const path = join(folder, "in-use");
    const found = JSON.parse(await readFile(path, "utf8")) as object;
    let beats = 0;
    const beating = setInterval(() => void writeFile(path, JSON.stringify({ ...found, beats: ++beats })), 50);
    await refused;
    clearInterval(beating);
  });

  it("that was taken over is given up by the one that had it", async () => {
    const folder = await temporaryFolder();
    const lost = new AbortController();
    const held = await lock(folder, { beatEvery: 20, lost: () => lost.abort() });
    const beats = async (): Promise<number> =>
      (JSON.parse(await readFile(join(folder, "in-use"), "utf8")) as { beats: number }).beats;
    await expect.poll(beats, { timeout: 30_000 }).toBeGreaterThan(1);
    await writeFile(join(folder, "of-another"), JSON.stringify({ another: "service" }));
    await rename(join(folder, "of-another"), join(folder, "in-use"));
    await expect.poll(() => lost.signal.aborted, { timeout: 30_000 }).toBe(true);
    await held.release();
    // It is not its own to remove any more.
    expect(await readFile(join(folder, "in-use"), "utf8")).toContain("another");
  });
});
