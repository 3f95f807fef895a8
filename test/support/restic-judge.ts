/** What restic says of a repository that tests have in memory: each state that differs in more than random is asked about once. */
import { removeFolder, temporaryFolder } from "./folders.js";
import { runRestic, succeed } from "./peers.js";
import { describeState, onDisk, readObjects, type StoredObject } from "./stored-objects.js";
import { treeOf } from "./trees.js";
import type { Storage } from "@tastic/storage";
import { Gate } from "@tastic/storage";
import { expect } from "vitest";

/** A snapshot that must be there, and what it must restore. */
export interface Committed {
  readonly id: string;
  /** As `treeOf` describes it. */
  readonly tree: Readonly<Record<string, string>>;
  /** The folder in the snapshot whose tree that is. */
  readonly folder: string;
}

export class ResticJudge {
  readonly #home: string;
  readonly #verdicts = new Map<string, Promise<void>>();
  /** As many restics at once as small machines have processors. */
  readonly #gate = new Gate(2);

  constructor(home: string) {
    this.#home = home;
  }

  /** How many states restic was asked about. */
  get states(): number {
    return this.#verdicts.size;
  }

  /**
   * Restic finds no damage in all that is stored, and restores what was committed. Locks are left out.
   * @param before the state that the run began with
   */
  async judge(
    before: readonly StoredObject[],
    storage: Storage,
    committed?: Committed,
  ): Promise<readonly StoredObject[]> {
    const now = await readObjects(storage);
    const names = new Set(now.filter(({ file }) => file.type === "snapshot").map(({ file }) => file.name));
    if (committed !== undefined) expect([...names]).toContain(committed.id);
    const isOld = before.some(({ file }) => file.name === committed?.id);
    const state = `${isOld ? committed?.id : committed && "new"}\n${describeState(before, now)}`;
    let verdict = this.#verdicts.get(state);
    if (verdict === undefined) {
      const number = this.#verdicts.size;
      verdict = this.#gate.pass(() => this.#ask(`${this.#home}/judged-${number}`, now, committed), "judging");
      this.#verdicts.set(state, verdict);
    }
    await verdict;
    return now;
  }

  async #ask(repo: string, now: readonly StoredObject[], committed: Committed | undefined): Promise<void> {
    await onDisk(repo, now);
    const restic = async (...args: string[]) =>
      succeed(await runRestic([...args, "--no-cache", "--no-lock"], { repo }));
    await restic("check", "--read-data");
    if (committed !== undefined) {
      const { id, folder, tree } = committed;
      await restic("restore", `${id}:${folder}`, "--target", `${repo}-restored`);
      expect(await treeOf(`${repo}-restored`)).toEqual(tree);
      await removeFolder(`${repo}-restored`);
    }
    await removeFolder(repo);
  }
}

/** A judge with a folder of its own. */
export async function resticJudge(): Promise<ResticJudge> {
  return new ResticJudge(await temporaryFolder());
}
