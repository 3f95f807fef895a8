/**
 * Memory is bounded by construction: neither a long stream nor a folder of very many entries changes the peak.
 */
import { describe, expect, it } from "vitest";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { sampleBytes } from "./support/bytes.js";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { startTastic, temporaryFolder } from "./support/peers.js";
import { peakWhile } from "./support/peak-memory.js";

const MIB = 2 ** 20;
const LIMIT_MIB = 300;
const STREAM_MIB = 10 * 1024;
const ENTRIES = 200_000;

/** `total` MiB: noise of which every fourth piece is new, so that there is something to store. */
function* longStream(total: number): Generator<Uint8Array> {
  const noise = sampleBytes(MIB, 1);
  const zeros = new Uint8Array(MIB);
  for (let i = 0; i < total; i++) {
    if (i % 64 !== 0) {
      yield zeros;
      continue;
    }
    new DataView(noise.buffer, noise.byteOffset).setUint32(0, i);
    yield noise.slice();
  }
}

describe.runIf(process.platform === "linux")("peak memory of a backup", () => {
  it(
    `of a stream of ${STREAM_MIB / 1024} GiB stays under ${LIMIT_MIB} MiB`,
    { timeout: 600_000 },
    async () => {
      const home = await temporaryFolder();
      const repo = `${home}/repo`;
      await makeCheapRepository(repo);
      const running = await startTastic(["backup", "--stdin", "--no-cache", "--quiet"], {
        repo,
        input: { open: true },
        timeout: 500_000,
      });
      const { stdin } = running.child;
      if (stdin === null) throw new Error("the command has no standard input");
      const peak = await peakWhile(running, () => pipeline(Readable.from(longStream(STREAM_MIB)), stdin));
      console.log(`peak memory of a backup of a ${STREAM_MIB / 1024} GiB stream: ${peak.toFixed(0)} MiB`);
      expect(peak).toBeGreaterThan(20);
      expect(peak).toBeLessThan(LIMIT_MIB);
    },
  );

  it(`of a folder with ${ENTRIES} entries stays under ${LIMIT_MIB} MiB`, { timeout: 600_000 }, async () => {
    const home = await temporaryFolder();
    const repo = `${home}/repo`;
    await makeCheapRepository(repo);
    const folder = `${home}/source`;
    mkdirSync(folder);
    for (let i = 0; i < ENTRIES; i++) closeSync(openSync(`${folder}/entry-${i}`, "wx"));
    const peak = await peakWhile(
      await startTastic(["backup", "--no-cache", "--quiet", folder], { repo, timeout: 500_000 }),
    );
    console.log(`peak memory of a backup of ${ENTRIES} entries in one folder: ${peak.toFixed(0)} MiB`);
    expect(peak).toBeGreaterThan(20);
    expect(peak).toBeLessThan(LIMIT_MIB);
  });
});
