/** A large file that is cut by one and read by many, and that changes between the two. */
import { Packer } from "@tastic/repository";
import { createHash } from "node:crypto";
import { rmSync, truncateSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sampleBytes } from "../../../test/support/bytes.js";
import { temporaryFolder } from "../../../test/support/folders.js";
import { FileIngest, type IngestedFile } from "../dist/backup/file-ingest.js";
import type { IngestWork } from "../dist/backup/ingest-hand.js";
import type { IngestOutcome } from "../dist/backup/ingest.js";
import { LargeFile } from "../dist/backup/large-file.js";
import { newStorage, open } from "./backup-support.js";

const MiB = 1 << 20;

async function makeFiles(): Promise<FileIngest> {
  const { packerSettings, crypto, zstd, config } = await open(await newStorage());
  return new FileIngest(new Packer(packerSettings, crypto, zstd), crypto, config.chunkerPolynomial);
}

function resultOf<Result>(steps: Generator<unknown, Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Collects what is to be done, and does it when the test says so. */
class Hand {
  readonly waiting: IngestWork[] = [];
  readonly outcomes: IngestOutcome[] = [];
  readonly #files: FileIngest;

  constructor(files: FileIngest, path: string) {
    this.#files = files;
    const give = (work: IngestWork, isNext: boolean): void =>
      void (isNext ? this.waiting.unshift(work) : this.waiting.push(work));
    new LargeFile({ path, hands: 2, give, done: (outcome) => this.outcomes.push(outcome) }).begin();
  }

  /** What is done, "cut" or "part". */
  do(at = 0): string | undefined {
    const [work] = this.waiting.splice(at, 1);
    try {
      if (work?.type === "cut") work.done({ cuts: resultOf(this.#files.cuts(work.request)) });
      if (work?.type === "part") work.done({ file: resultOf(this.#files.part(work.part)) });
    } catch (error) {
      const failure = (error as Error).message;
      if (work?.type === "cut") work.done({ failure });
      if (work?.type === "part") work.done({ failure });
    }
    return work?.type;
  }

  get file(): IngestedFile {
    const [outcome, ...more] = this.outcomes;
    expect(more).toEqual([]);
    if (outcome === undefined || !("file" in outcome)) throw new Error(`no file: ${JSON.stringify(outcome)}`);
    return outcome.file;
  }
}

describe("a large file", () => {
  it("has the chunks of one that is read by one hand, in whichever order its parts are read", async () => {
    const path = `${await temporaryFolder()}/large`;
    const noise = sampleBytes(40 * MiB, 3);
    writeFileSync(path, Buffer.concat([noise, Buffer.alloc(20 * MiB), noise, sampleBytes(123_456, 4)]));
    const files = await makeFiles();
    const whole = resultOf(files.file(path));
    for (const last of [false, true]) {
      const hand = new Hand(files, path);
      while (hand.waiting.length > 0) hand.do(last ? hand.waiting.length - 1 : 0);
      expect(Buffer.compare(hand.file.content, whole.content)).toBe(0);
      expect(hand.file.size).toBe(whole.size);
    }
  });

  it("is not cut far ahead of those who read it", async () => {
    const path = `${await temporaryFolder()}/sparse`;
    writeFileSync(path, "");
    truncateSync(path, 600 * MiB);
    const hand = new Hand(await makeFiles(), path);
    const done = { cut: 0, part: 0 };
    let most = 0;
    while (hand.waiting.length > 0) {
      const [next] = hand.waiting;
      // Whoever is free cuts first where little is left to read, so that nobody waits.
      expect(next?.type === "cut" || done.cut === 10 || hand.waiting.length > 5).toBe(true);
      done[hand.do() as "cut" | "part"]++;
      most = Math.max(most, hand.waiting.length);
    }
    expect(done.cut).toBe(10);
    expect(done.part).toBeGreaterThan(37);
    expect(most).toBeLessThanOrEqual(12);
    expect(hand.file.size).toBe(600 * MiB);
  });

  it("that becomes shorter ends where it ends", async () => {
    const path = `${await temporaryFolder()}/shorter`;
    const bytes = sampleBytes(30 * MiB, 5);
    writeFileSync(path, bytes);
    const files = await makeFiles();
    const hand = new Hand(files, path);
    hand.do();
    truncateSync(path, 5 * MiB + 1);
    while (hand.waiting.length > 0) hand.do();
    expect(hand.file.size).toBe(5 * MiB + 1);
    const { lengths } = resultOf(files.cuts({ path, from: 0, least: bytes.length }));
    let from = 0;
    const ids = lengths.map((length) =>
      createHash("sha256")
        .update(bytes.subarray(from, (from += length)))
        .digest(),
    );
    expect(Buffer.compare(Buffer.concat(ids), hand.file.content)).toBe(0);
  });

  it("that is gone fails once, when nobody reads it any more", async () => {
    const path = `${await temporaryFolder()}/gone`;
    writeFileSync(path, sampleBytes(40 * MiB, 6));
    const hand = new Hand(await makeFiles(), path);
    hand.do();
    hand.do();
    rmSync(path);
    while (hand.waiting.length > 0) {
      expect(hand.outcomes).toEqual([]);
      hand.do();
    }
    expect(hand.outcomes).toEqual([{ failure: expect.stringContaining("no such file") as string }]);
    const never = new Hand(await makeFiles(), path);
    never.do();
    expect(never.outcomes).toHaveLength(1);
    expect(never.waiting).toEqual([]);
  });

  it("that is empty by now has nothing in it", async () => {
    const path = `${await temporaryFolder()}/empty`;
    writeFileSync(path, "");
    const hand = new Hand(await makeFiles(), path);
    hand.do();
    expect(hand.file).toMatchObject({ size: 0, newBlobs: 0 });
    expect(hand.file.content).toHaveLength(0);
  });
});
