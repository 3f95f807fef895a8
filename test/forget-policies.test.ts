/**
 * Random policies over random snapshots: tastic keeps what restic keeps, for the same reasons.
 *
 * A run of the real restic costs little here, since the repository is cheap to open and a dry run needs no lock.
 * TASTIC_RANDOM_POLICIES=20000 tries more policies than the usual 500; TASTIC_SEED=1 repeats the run of that seed.
 */
import fc from "fast-check";
import { forgetLocalOffsets } from "@tastic/format";
import type { Snapshot, SnapshotId } from "@tastic/format";
import { isTasticError } from "tastic";
import { Repository } from "@tastic/repository";
import { encodeGroupKey, forget, parseGroupBy } from "@tastic/snapshots";
import type { ForgetStore } from "@tastic/snapshots";
import { createLocalStorage } from "@tastic/storage";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { forgetArgs, randomForget, randomSnapshots } from "./support/forget-cases.js";
import type { ForgetCase } from "./support/forget-cases.js";
import { describeWithRestic, runRestic, temporaryFolder, testPassword } from "./support/peers.js";

const COUNT = Number(process.env["TASTIC_RANDOM_POLICIES"] ?? 500);
const SEED = Number(process.env["TASTIC_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
/** A time that has the local zone's offset counts as local, where clocks are changed. */
const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"];
const AT_ONCE = 3;
const SNAPSHOTS = 100;

/** By group: what stays, newest first, and why; what goes. Or the refusal. */
type Decision = Record<string, { keep: string[]; matches: string[][]; remove: string[] }> | string;

interface ResticGroup {
  readonly host: string;
  readonly paths: string[] | null;
  readonly tags: string[] | null;
  readonly keep: { id: string }[] | null;
  readonly remove: { id: string }[] | null;
  readonly reasons: { snapshot: { id: string }; matches: string[] }[] | null;
}

const ids = (snapshots: readonly { id: string }[] | null): string[] => (snapshots ?? []).map(({ id }) => id);

/** Which group restic refuses to empty is a matter of chance, if there are several. */
const refusal = (message: string): string =>
  message.replace(/^Fatal: /, "").replace(/(snapshot group) .*/, "$1");

async function decisionOfRestic(
  repo: string,
  one: ForgetCase,
  zone: string,
  home: string,
): Promise<Decision> {
  const args = ["forget", "--dry-run", "--json", "--no-lock", "--no-cache", ...forgetArgs(one)];
  const { code, stdout, stderr } = await runRestic(args, { repo, home, env: { TZ: zone } });
  if (code !== 0) return refusal((JSON.parse(stderr) as { message: string }).message);
  // Where there is no snapshot, restic prints nothing.
  const groups = stdout === "" ? [] : (JSON.parse(stdout) as ResticGroup[]);
  return Object.fromEntries(
    groups.map(({ host: hostname, paths, tags, keep, remove, reasons }) => {
      expect(ids((reasons ?? []).map(({ snapshot }) => snapshot))).toEqual(ids(keep));
      const matches = (reasons ?? []).map((reason) => reason.matches);
      return [encodeGroupKey({ hostname, paths, tags }), { keep: ids(keep), matches, remove: ids(remove) }];
    }),
  );
}

async function decisionOfTastic(repository: ForgetStore, one: ForgetCase): Promise<Decision> {
  try {
    const groupBy = parseGroupBy(one.groupBy);
    const { groups } = await forget(repository, { ...one, groupBy, dryRun: true });
    return Object.fromEntries(
      groups.map(({ key, keep, remove, reasons }) => [
        encodeGroupKey(key),
        { keep: ids(keep), matches: reasons.map(({ matches }) => [...matches]), remove: ids(remove) },
      ]),
    );
  } catch (error) {
    if (isTasticError(error, "invalid-argument")) return refusal(error.message);
    throw error;
  }
}

/** The snapshots of a repository, loaded once. */
async function remember(repository: Repository): Promise<ForgetStore> {
  const snapshots = new Map<SnapshotId, Snapshot>();
  for (const id of await repository.list<SnapshotId>("snapshot")) {
    snapshots.set(id, await repository.loadSnapshot(id));
  }
  return {
    storage: repository.storage,
    list: () => Promise.resolve([...snapshots.keys()]),
    loadSnapshot: (id) => Promise.resolve(snapshots.get(id)!),
  };
}

describeWithRestic("the same snapshots as restic", () => {
  const localZone = process.env["TZ"];
  let repo = "";
  let home = "";
  let store: ForgetStore;

  beforeAll(async () => {
    home = await temporaryFolder();
    repo = `${home}/repo`;
    await makeCheapRepository(repo);
    const repository = await Repository.open(createLocalStorage(repo), { password: testPassword });
    const [snapshots = []] = fc.sample(randomSnapshots(SNAPSHOTS), { numRuns: 1, seed: SEED });
    for (const snapshot of snapshots) await repository.saveSnapshot(snapshot);
    store = await remember(repository);
  });

  afterAll(() => {
    if (localZone === undefined) delete process.env["TZ"];
    else process.env["TZ"] = localZone;
    forgetLocalOffsets();
  });

  it(`for ${COUNT} random policies (TASTIC_SEED=${SEED})`, { timeout: 60_000 + COUNT * 400 }, async () => {
    let kept = 0;
    let refused = 0;
    for (const [at, zone] of ZONES.entries()) {
      process.env["TZ"] = zone;
      forgetLocalOffsets();
      const numRuns = Math.ceil(COUNT / ZONES.length);
      const cases = fc.sample(randomForget, { numRuns, seed: SEED + at });
      const next = cases.values();
      const work = async (): Promise<void> => {
        for (const one of next) {
          const [theirs, ours] = await Promise.all([
            decisionOfRestic(repo, one, zone, home),
            decisionOfTastic(store, one),
          ]);
          expect(ours, `TASTIC_SEED=${SEED} TZ=${zone} forget ${forgetArgs(one).join(" ")}`).toEqual(theirs);
          if (typeof theirs === "string") refused++;
          else if (Object.values(theirs).some(({ keep, remove }) => keep.length * remove.length > 0)) kept++;
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
    }
    console.log(`${COUNT} policies, seed ${SEED}: ${kept} keep some and remove some, ${refused} are refused`);
    // Much of what is compared must be worth comparing.
    expect(kept).toBeGreaterThan(COUNT / 4);
    expect(refused).toBeGreaterThan(0);
  });
});
