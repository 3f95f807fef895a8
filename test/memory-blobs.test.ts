/**
 * Check and prune need so many bytes for each blob of the repository, and no more: what the index takes, and tables beside it.
 *
 *   TASTIC_FULL_SCALE=1   5 million blobs instead of 50,000, and restic's figures beside ours; some ten minutes
 */
import { beforeAll, describe, expect, it } from "vitest";
import { makeManyBlobs } from "./support/many-blobs.js";
import type { ManyBlobs } from "./support/many-blobs.js";
import { peakWhile } from "./support/peak-memory.js";
import { restic, runRestic, startRestic, startTastic, succeed, temporaryFolder } from "./support/peers.js";

const isFull = process.env["TASTIC_FULL_SCALE"] === "1";
const BLOBS = isFull ? 5_000_000 : 50_000;
const TIMEOUT = isFull ? 1_800_000 : 120_000;
const MIB = 2 ** 20;
/** Of the blob index, as designed; and of what check and prune note beside each entry. */
const BYTES_OF_INDEX = 56;
const BYTES_BESIDE = 24;
/** What the program takes before there is any blob, with room for garbage, packs and trees in work. */
const REST_MIB = 200;
const LIMIT_MIB = REST_MIB + (BLOBS * (BYTES_OF_INDEX + BYTES_BESIDE)) / MIB;

describe.runIf(process.platform === "linux")(`peak memory with ${BLOBS} blobs`, () => {
  let repo: string;
  let made: ManyBlobs;
  beforeAll(async () => {
    repo = `${await temporaryFolder()}/repo`;
    made = await makeManyBlobs(repo, BLOBS);
    expect(made.dataBlobs).toBe(BLOBS);
  }, TIMEOUT);

  it.each([
    ["check", ["check"]],
    ["prune --dry-run", ["prune", "--dry-run"]],
    ["prune", ["prune", "--max-unused=0"]],
  ])("of %s stays within its budget", { timeout: TIMEOUT }, async (name, args) => {
    // As large as those that are there: some ten packs are in work at once, however many blobs there are.
    const options = { repo, timeout: TIMEOUT, env: { RESTIC_PACK_SIZE: "4" } };
    // restic's first, where it changes nothing.
    const theirs = isFull && restic !== undefined && name !== "prune";
    const resticPeak = theirs
      ? await peakWhile(await startRestic([...args, "--no-cache"], options))
      : undefined;
    const peak = await peakWhile(await startTastic([...args, "--no-cache"], options));
    const beside = resticPeak === undefined ? "" : `, restic's ${resticPeak.toFixed(0)} MiB`;
    console.log(
      `peak memory of ${name} with ${BLOBS} blobs: ${peak.toFixed(0)} of ${LIMIT_MIB.toFixed(0)} MiB${beside}`,
    );
    expect(peak).toBeGreaterThan(20);
    expect(peak).toBeLessThan(LIMIT_MIB);
  });

  it.runIf(restic !== undefined)("leaves what restic finds in order", { timeout: TIMEOUT }, async () => {
    const { stdout } = succeed(
      await runRestic(["stats", "--mode=raw-data", "--json", "--no-cache"], { repo, timeout: TIMEOUT }),
    );
    const used = made.dataBlobs - made.unusedBlobs + made.treeBlobs;
    expect(JSON.parse(stdout)).toMatchObject({ snapshots_count: 2, total_blob_count: used });
    succeed(await runRestic(["check", "--no-cache"], { repo, timeout: TIMEOUT }));
    const left = succeed(
      await runRestic(["prune", "--dry-run", "-v", "--no-cache"], { repo, timeout: TIMEOUT }),
    );
    expect(left.stdout).toMatch(/\nunused: +0 blobs/);
  });
});
