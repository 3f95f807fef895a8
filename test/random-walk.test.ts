/**
 * A random walk: edits, backups, forgets, prunes, tags, rewrites, copies, repairs and kills, by restic and tastic in turn, in
 * two repositories. What each snapshot should hold is known from a plain model; it is compared at intervals and at the end.
 *
 *   TASTIC_WALK_MINUTES=60    how long, half a minute if not given
 *   TASTIC_WALK_STEPS=2000    how many steps at the most
 *   TASTIC_WALK_SEED=7        which walk; another one each time if not given
 */
import { expect, it } from "vitest";
import { mkdirSync } from "node:fs";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { describeWithRestic, temporaryFolder } from "./support/peers.js";
import { Random } from "./support/random.js";
import { WalkedRepository } from "./support/walked-repository.js";

const STEPS = Number(process.env["TASTIC_WALK_STEPS"] ?? Infinity);
const MINUTES = Number(process.env["TASTIC_WALK_MINUTES"] ?? (Number.isFinite(STEPS) ? 24 * 60 : 0.4));
const SEED = Number(process.env["TASTIC_WALK_SEED"] ?? Date.now() % 1_000_000);
/** Steps between looks at all data, and at the content of a snapshot. */
const CHECK_EVERY = 12;
const RESTORE_EVERY = 5;
/** Snapshots of which some are forgotten before there are more. */
const MOST_SNAPSHOTS = 24;

describeWithRestic("repositories that both tools work on", () => {
  it("hold what they should after a random walk", { timeout: MINUTES * 60_000 + 600_000 }, async () => {
    console.log(`TASTIC_WALK_SEED=${SEED}`);
    const random = new Random(SEED);
    const home = await temporaryFolder();
    const log: string[] = [];
    const make = async (name: string): Promise<WalkedRepository> => {
      const version = random.once(4) ? 1 : 2;
      await makeCheapRepository(`${home}/${name}`, { version });
      mkdirSync(`${home}/${name}-source`);
      return new WalkedRepository(`${home}/${name}`, `${home}/${name}-source`, random, version, log);
    };
    const both = [await make("one"), await make("two")] as const;
    const steps: readonly [number, (here: WalkedRepository, other: WalkedRepository) => Promise<void>][] = [
      [8, (here) => here.backup()],
      [2, (here) => here.forgetSome()],
      [1, (here) => here.forgetByPolicy()],
      [4, (here) => here.prune()],
      [3, (here) => here.tag()],
      [3, (here) => here.rewrite()],
      [3, (here, other) => here.copyTo(other)],
      [1, (here) => here.repairIndex()],
      [1, (here) => here.repairSnapshots()],
      [2, (here) => here.killed()],
    ];
    const all = steps.flatMap(([weight, step]) => Array.from({ length: weight }, () => step));
    const end = Date.now() + MINUTES * 60_000;
    let done = 0;
    let restored = 0;
    const compare = async (which: "one" | "all"): Promise<void> => {
      for (const here of both) restored += await here.compareContents(`${home}/restored`, which);
    };
    try {
      for (; done < STEPS && Date.now() < end; done++) {
        const here = random.pick(both);
        const other = here === both[0] ? both[1] : both[0];
        if (here.size > MOST_SNAPSHOTS) await here.forgetByPolicy();
        else await (here.size === 0 ? here.backup() : random.pick(all)(here, other));
        for (const repository of both) await repository.compareNames();
        if (done % CHECK_EVERY === CHECK_EVERY - 1) for (const repository of both) await repository.check();
        if (done % RESTORE_EVERY === RESTORE_EVERY - 1) await compare("one");
      }
      for (const repository of both) await repository.check();
      await compare("all");
    } catch (cause) {
      const last = log.slice(-40).join("\n");
      throw new Error(`TASTIC_WALK_SEED=${SEED}, step ${done}: ${String(cause)}\n${last}`, { cause });
    }
    console.log(`${done} random steps, ${log.length} commands, ${restored} snapshots restored and compared`);
    expect(done).toBeGreaterThan(0);
  });
});
