/** What a backup says while it works, and what a dry run says of what it would do. */
import { createReadOnlyStorage } from "@tastic/storage";
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { sampleBytes } from "../../../test/support/bytes.js";
import { temporaryFolder } from "../../../test/support/folders.js";
import { writeFiles } from "../../../test/support/trees.js";
import type { BackupEvent } from "../dist/index.js";
import { BackupReport } from "../dist/backup/backup-report.js";
import { sendProgress } from "../dist/backup/progress-events.js";
import { countOf, newStorage, only, run } from "./backup-support.js";

const here = process.cwd();
afterEach(() => process.chdir(here));

describe.each([0, 2])("the events of a backup with %i workers", (workers) => {
  it("come in order, and end with where it has got to", async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, { "a/x": sampleBytes(1000), "a/y": sampleBytes(2000), z: "3", "a/b": null });
    const { events, result } = await run(await newStorage(), { targets: [folder], workers });
    expect(events[0]).toEqual({ type: "parent", id: undefined });
    expect(only(events, "scan-finished")).toEqual([
      { type: "scan-finished", files: 3, dirs: 3, bytes: 3001, seconds: expect.any(Number) as number },
    ]);
    expect(events.at(-1)).toMatchObject({
      type: "progress",
      totalFiles: 3,
      totalBytes: 3001,
      scanFinished: true,
      filesDone: 3,
      bytesDone: 3001,
      errorCount: 0,
      currentFiles: [],
    });
    expect(result.summary).toMatchObject({ totalFilesProcessed: 3, totalBytesProcessed: 3001 });
    const paths = only(events, "item").map(({ path }) => path);
    // What is in a folder comes before it.
    expect(paths.indexOf(`${folder}/a/x`)).toBeLessThan(paths.indexOf(`${folder}/a/`));
    expect(paths.indexOf(`${folder}/a/`)).toBeLessThan(paths.indexOf(`${folder}/`));
  });

  it("tell which file is being read", async () => {
    const folder = await temporaryFolder();
    for (let i = 0; i < 5; i++) writeFileSync(join(folder, `${i}`), "x");
    writeFileSync(join(folder, "zeros"), "");
    truncateSync(join(folder, "zeros"), 100_000_000_000);
    const controller = new AbortController();
    const seen: (readonly string[])[] = [];
    const onEvent = (event: BackupEvent): void => {
      if (event.type !== "progress" || event.bytesDone < 1_000_000) return;
      seen.push(event.currentFiles);
      controller.abort();
    };
    const backup = run(await newStorage(), {
      targets: [folder],
      workers,
      onEvent,
      signal: controller.signal,
    });
    await expect(backup).rejects.toMatchObject({ code: "cancelled" });
    expect(seen[0]).toEqual([join(folder, "zeros")]);
  });

  it("say nothing of a scan that was not wanted", async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, { a: "1" });
    const { events } = await run(await newStorage(), { targets: [folder], workers, noScan: true });
    expect(only(events, "scan-finished")).toEqual([]);
    const last = only(events, "progress").at(-1);
    expect(last).toMatchObject({ scanFinished: false, filesDone: 1 });
    expect(last).not.toHaveProperty("totalFiles");
  });

  it("a dry run says what a backup does, and stores nothing", async () => {
    const folder = await temporaryFolder();
    process.chdir(folder);
    await writeFiles(folder, { "a/x": sampleBytes(3_000_000), "a/y": sampleBytes(700_000, 2), z: "3" });
    const storage = await newStorage();
    const options = { targets: ["a", "z", "new"], workers };
    await run(storage, options);
    await writeFiles(folder, { "a/x": sampleBytes(3_500_000), "new/n": sampleBytes(9_000_000, 3) });
    const before = { packs: await countOf(storage, "pack"), indexes: await countOf(storage, "index") };
    const dry = await run(createReadOnlyStorage(storage), { ...options, dryRun: true });
    expect({ packs: await countOf(storage, "pack"), indexes: await countOf(storage, "index") }).toEqual(
      before,
    );
    expect(await countOf(storage, "snapshot")).toBe(1);
    const real = await run(storage, options);
    const numbers = ({ result }: typeof real): object => ({
      ...result.summary,
      backupStart: undefined,
      backupEnd: undefined,
    });
    expect(numbers(dry)).toEqual(numbers(real));
    expect(dry.result.parentId).toBe(real.result.parentId);
    expect(dry.result.snapshotId).toMatch(/^[0-9a-f]{64}$/);
    const items = (events: BackupEvent[]): string[] =>
      only(events, "item").map(({ action, path, dataSize }) => `${action} ${path} ${dataSize}`);
    expect(items(dry.events).sort()).toEqual(items(real.events).sort());
  });
});

describe("progress events", () => {
  afterEach(() => void vi.useRealTimers());

  it("come ten times a second, and once more at the end", () => {
    vi.useFakeTimers();
    const events: BackupEvent[] = [];
    const onEvent = (event: BackupEvent): void => void events.push(event);
    const reading = { bytesRead: 0, currentFiles: ["/f"] };
    const end = sendProgress({ onEvent }, new BackupReport({ onEvent }), reading);
    vi.advanceTimersByTime(2000);
    expect(events).toHaveLength(20);
    reading.bytesRead = 7;
    end();
    expect(vi.getTimerCount()).toBe(0);
    expect(events).toHaveLength(21);
    expect(events.at(-1)).toMatchObject({ type: "progress", bytesDone: 7, currentFiles: ["/f"] });
  });

  it("do not come where nobody listens", () => {
    vi.useFakeTimers();
    sendProgress({}, new BackupReport({}), { bytesRead: 0, currentFiles: [] })();
    expect(vi.getTimerCount()).toBe(0);
  });
});
