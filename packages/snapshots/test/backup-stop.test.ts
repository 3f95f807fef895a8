/** Backups that end before their time: by their caller, by a store that fails, by a thread that dies. */
import { TasticError } from "@tastic/errors";
import { createFaultStorage, createMemoryStorage, type FaultPlan, type Storage } from "@tastic/storage";
import type { EventEmitter } from "node:events";
import { getActiveResourcesInfo } from "node:process";
import { PassThrough } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { sampleBytes } from "../../../test/support/bytes.js";
import { temporaryFolder } from "../../../test/support/folders.js";
import { backup, type BackupEvent, type BackupOptions } from "../dist/index.js";
import { countOf, failure, newStorage, open, run } from "./backup-support.js";

/** About 20 MB in 110 files, most of them small: several packs, whoever reads them. */
let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  for (let i = 0; i < 10; i++) writeFileSync(join(folder, `large-${i}`), sampleBytes(2_000_000, i + 1));
  mkdirSync(join(folder, "small"));
  for (let i = 0; i < 100; i++) writeFileSync(join(folder, `small/${i}`), sampleBytes(300, i + 100));
});

/** The threads that were started, and those that run. */
const started: Worker[] = [];
const running = new Set<Worker>();
beforeEach(() => {
  const post = Reflect.get(Worker.prototype, "postMessage") as (...args: unknown[]) => void;
  vi.spyOn(Worker.prototype, "postMessage").mockImplementation(function (this: Worker, ...args) {
    if (!started.includes(this)) {
      started.push(this);
      running.add(this);
      this.once("exit", () => running.delete(this));
    }
    Reflect.apply(post, this, args);
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  started.length = 0;
  // Nothing of a backup that has ended is left.
  await turn();
  expect(running.size).toBe(0);
  await vi.waitFor(() => {
    const left = getActiveResourcesInfo().filter((name) => name === "ProcessWrap");
    expect(left).toEqual([]);
  });
});

const unhandled: unknown[] = [];
const note = (reason: unknown): unknown => unhandled.push(reason);
beforeAll(() => process.on("unhandledRejection", note));
afterAll(() => {
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
});

async function storageWith(plan: FaultPlan): Promise<Storage> {
  return createFaultStorage(await newStorage(createMemoryStorage()), plan);
}

const workers = [0, 1, 2, 4];

describe.each(workers)("with %i workers", (count) => {
  const start = (storage: Storage, more: Partial<BackupOptions> = {}) =>
    run(storage, { targets: [folder], workers: count, ...more });

  it.each([1, 2, 4])("a store that refuses pack %i ends the backup with its reason", async (n) => {
    let packs = 0;
    const storage = await storageWith((operation, file) =>
      operation === "save" && file?.type === "pack" && ++packs === n ? { kind: "fail" } : undefined,
    );
    const error = await failure(start(storage), "storage-failed");
    expect(error.message).toMatch(/planned fault/);
    expect(await countOf(storage, "snapshot")).toBe(0);
  });

  it("a store that refuses all packs ends it, also while threads wait for it", async () => {
    const storage = await storageWith((operation, file) =>
      operation === "save" && file?.type === "pack" ? { kind: "fail" } : undefined,
    );
    await failure(start(storage), "storage-failed");
    expect(await countOf(storage, "pack")).toBe(0);
  });

  it.each(["index", "snapshot"] as const)("a store that refuses the %s ends it", async (type) => {
    const storage = await storageWith((operation, file) =>
      operation === "save" && file?.type === type ? { kind: "fail" } : undefined,
    );
    await failure(start(storage), "storage-failed");
    expect(await countOf(storage, "snapshot")).toBe(0);
  });

  it("is cancelled while the store stalls, and threads wait for it", async () => {
    const controller = new AbortController();
    let packs = 0;
    const storage = await storageWith((operation, file) => {
      if (operation !== "save" || file?.type !== "pack") return undefined;
      if (++packs === 1) setTimeout(() => controller.abort(), 200);
      return { kind: "stall" };
    });
    const error = await failure(start(storage, { signal: controller.signal }), "cancelled");
    expect(error.message).toBe("the backup was cancelled");
    expect(await countOf(storage, "snapshot")).toBe(0);
  });

  it.each<[string, (event: BackupEvent) => boolean]>([
    ["at once", ({ type }) => type === "parent"],
    ["after the first file", ({ type }) => type === "item"],
    ["at the first progress", ({ type }) => type === "progress"],
    ["when the folder is done", (event) => event.type === "item" && event.kind === "dir"],
    ["at the end of the scan", ({ type }) => type === "scan-finished"],
  ])("is cancelled %s", async (_, isTime) => {
    const controller = new AbortController();
    const storage = await newStorage();
    const onEvent = (event: BackupEvent): void => {
      if (isTime(event)) controller.abort();
    };
    await failure(start(storage, { signal: controller.signal, onEvent }), "cancelled");
    expect(await countOf(storage, "snapshot")).toBe(0);
    // What was stored is whole, and the next backup goes on from there.
    const { result } = await start(storage);
    expect(result.summary.filesNew).toBe(110);
  });

  it("ends with the reason that its signal carries", async () => {
    const controller = new AbortController();
    const reason = new TasticError("lock-lost", "the lock could not be refreshed in time");
    const onEvent = ({ type }: BackupEvent): void => {
      if (type === "item") controller.abort(reason);
    };
    await expect(start(await newStorage(), { signal: controller.signal, onEvent })).rejects.toBe(reason);
  });

  it("does not begin when it is cancelled beforehand", async () => {
    const storage = await storageWith((operation) => (operation === "save" ? { kind: "fail" } : undefined));
    await failure(start(storage, { signal: AbortSignal.abort() }), "cancelled");
    expect(started).toEqual([]);
  });

  it("is cancelled in the middle of a large file of which nothing is new", async () => {
    const zeros = join(await temporaryFolder(), "zeros");
    writeFileSync(zeros, "");
    truncateSync(zeros, 200_000_000_000);
    const controller = new AbortController();
    const onEvent = (event: BackupEvent): void => {
      if (event.type === "progress" && event.bytesDone > 0) controller.abort();
    };
    const storage = await newStorage();
    await failure(start(storage, { targets: [zeros], signal: controller.signal, onEvent }), "cancelled");
  });

  it("says nothing more once it has ended", async () => {
    const controller = new AbortController();
    let ended = false;
    const late: BackupEvent[] = [];
    const onEvent = (event: BackupEvent): void => {
      if (ended) late.push(event);
      if (event.type === "item") controller.abort();
    };
    await failure(start(await newStorage(), { signal: controller.signal, onEvent }), "cancelled");
    ended = true;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(late).toEqual([]);
  });

  it("reads, and stores nothing, before its lock is held", async () => {
    const done: string[] = [];
    const storage = await storageWith((operation, file) => {
      if (operation === "save") done.push(`save ${file?.type}`);
      return undefined;
    });
    done.length = 0;
    let hold = (): void => undefined;
    const held = new Promise<void>((resolve) => (hold = resolve));
    const onEvent = ({ type }: BackupEvent): void => {
      if (type !== "item" || done.length > 0) return;
      done.push("read");
      // Long enough for a pack that did not wait.
      setTimeout(() => {
        done.push("held");
        hold();
      }, 200);
    };
    const { result } = await start(storage, { held, onEvent });
    expect(done.slice(0, 3)).toEqual(["read", "held", "save pack"]);
    expect(result.summary.filesNew).toBe(110);
    expect(done.at(-1)).toBe("save snapshot");
  });

  it("stores nothing when its lock is never held, and can begin anew with a new index", async () => {
    const storage = await newStorage();
    const repository = await open(storage);
    const controller = new AbortController();
    const options = { targets: [folder], programVersion: "test", workers: count };
    const waiting = backup(repository, {
      ...options,
      held: new Promise<void>(() => undefined),
      signal: controller.signal,
      onEvent: ({ type }) => void (type === "item" && setTimeout(() => controller.abort(), 200)),
    });
    await failure(waiting, "cancelled");
    for (const type of ["pack", "index", "snapshot"] as const) expect(await countOf(storage, type)).toBe(0);
    await failure(backup(repository, options), "invalid-argument");
    repository.forgetIndex();
    await repository.loadIndex();
    const { summary } = await backup(repository, options);
    expect([summary.filesNew, summary.dataBlobs > 100]).toEqual([110, true]);
  });

  it("leaves no listener at a signal that outlives it", async () => {
    const controller = new AbortController();
    const add = vi.spyOn(controller.signal, "addEventListener");
    const remove = vi.spyOn(controller.signal, "removeEventListener");
    await start(await newStorage(), { signal: controller.signal });
    expect(add.mock.calls.length).toBeGreaterThan(0);
    expect(remove.mock.calls.map(([type, listener]) => [type, listener])).toEqual(
      expect.arrayContaining(add.mock.calls.map(([type, listener]) => [type, listener])),
    );
  });
});

describe("a thread that reads files", () => {
  it.each([1, 2, 4])("of %i ends the backup when it dies at work", async (count) => {
    const storage = await newStorage();
    const isStarted = (): void => expect(started.length).toBeGreaterThan(0);
    const end = async (): Promise<void> => {
      await vi.waitFor(isStarted, { timeout: 30_000 });
      await started[0]?.terminate();
    };
    const onEvent = ({ type }: BackupEvent): void => {
      if (type === "parent") setTimeout(() => void end(), 150);
    };
    // Long enough that it must be at work, whoever else is.
    const source = await temporaryFolder();
    for (let i = 0; i <= count; i++) {
      writeFileSync(join(source, `zeros-${i}`), "");
      truncateSync(join(source, `zeros-${i}`), 200_000_000_000);
    }
    const error = await failure(run(storage, { targets: [source], workers: count, onEvent }), "internal");
    expect(error.message).toMatch(/^a thread that reads files died: it ended with code [01]$/);
    expect(error.guidance).toContain("--workers 0");
    expect(await countOf(storage, "snapshot")).toBe(0);
  });

  it("ends the backup when it dies without work", async () => {
    const source = await temporaryFolder();
    writeFileSync(join(source, "1 busy"), "");
    truncateSync(join(source, "1 busy"), 200_000_000_000);
    writeFileSync(join(source, "2 done"), "x");
    const onEvent = (event: BackupEvent): void => {
      if (event.type === "item" && event.path.endsWith("2 done")) void started[0]?.terminate();
    };
    await failure(run(await newStorage(), { targets: [source], workers: 2, onEvent }), "internal");
  });

  it("tells of its failure before it ends", async () => {
    const storage = await newStorage();
    const doomed = run(storage, { targets: [folder], workers: 2 });
    await vi.waitFor(() => expect(started.length).toBeGreaterThan(0), { timeout: 30_000 });
    (started[0] as EventEmitter).emit("error", new RangeError("out of memory"));
    const error = await failure(doomed, "internal");
    expect(error.message).toBe("a thread that reads files died: out of memory");
    expect(error.cause).toBeInstanceOf(RangeError);
  });
});

describe("a stream", () => {
  it("that fails ends the backup with its reason", async () => {
    const stream = new PassThrough();
    stream.write("half");
    const storage = await newStorage();
    setTimeout(() => stream.destroy(new Error("the pipe broke")), 50);
    await expect(run(storage, { stdin: { filename: "f", stream } })).rejects.toThrow("the pipe broke");
    expect(await countOf(storage, "snapshot")).toBe(0);
  });

  it("that says nothing more does not keep a backup from being cancelled", async () => {
    const stream = new PassThrough();
    stream.write("half");
    const controller = new AbortController();
    const storage = await newStorage();
    setTimeout(() => controller.abort(), 50);
    const silent = run(storage, { stdin: { filename: "f", stream }, signal: controller.signal });
    await failure(silent, "cancelled");
    expect(stream.destroyed).toBe(true);
    expect(await countOf(await open(storage).then(() => storage), "snapshot")).toBe(0);
  });
});
