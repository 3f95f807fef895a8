/**
 * The walk through the targets, and the extended attributes of what it finds, ahead of whoever archives: a little while
 * that goes on, so that attributes are there when they are needed; a lot before it begins, while a password is tried and a
 * lock settles.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { createAttributeTool } from "../attributes/extended-attributes.js";
import type { ExcludeRules } from "../patterns/exclude-rules.js";
import { loadUserNames } from "../users.js";
import { AttributeQueue } from "./attribute-queue.js";
import type { AttributeQuestion, FoundAttributes } from "./attribute-queue.js";
import { listFolder } from "./source-files.js";
import { SourceWalk } from "./source-walk.js";
import type { WalkProblem, WalkStep } from "./source-walk.js";
import { buildTargetTree } from "./target-tree.js";
import type { TargetTree } from "./target-tree.js";
import { posix } from "node:path";

/** Entries ahead while they are archived, and before. One takes about half a KiB. */
const AHEAD = 2048;
const FAR_AHEAD = 1 << 15;
const TURN_MS = 5;
/** Steps that were taken and are kept until it is worth moving the others up. */
const SPENT_STEPS = 256;

/** What to walk through: what the backup will be given. */
export interface WalkAheadOptions {
  readonly targets: readonly string[];
  readonly excludes?: ExcludeRules | undefined;
  readonly withAtime?: boolean | undefined;
}

interface Ahead {
  readonly step: WalkStep;
  readonly question: AttributeQuestion | undefined;
}

/**
 * A walk through the targets of a backup that begins before the backup does; see `BackupOptions.walk`. It only reads.
 */
export class WalkAhead {
  readonly targets: TargetTree;
  /** What the targets themselves met. */
  readonly problems: readonly WalkProblem[];
  readonly #walk: SourceWalk;
  #steps: Ahead[] = [];
  /** How many of `#steps` were taken. */
  #taken = 0;
  /** In the steps that were not. */
  #entries = 0;
  #attributes: AttributeQueue | undefined;
  /** Nobody walks far ahead any more. */
  #isUsed = false;
  #isClosed = false;
  /** Undefined until the tool for attributes is there, or known to be missing. */
  #ready: Promise<void> | undefined;

  /** Errors: `invalid-argument` for an empty target. */
  constructor({ targets, excludes, withAtime = false }: WalkAheadOptions) {
    const problems: WalkProblem[] = [];
    this.targets = buildTargetTree(targets, (given) => {
      const path = posix.resolve(given);
      try {
        return listFolder(path);
      } catch (error) {
        problems.push({ path, error });
        return [];
      }
    });
    this.problems = problems;
    this.#walk = new SourceWalk(this.targets, excludes, { users: loadUserNames(), withAtime });
  }

  /** Walks ahead while nobody archives, a few milliseconds at a time. */
  begin(): void {
    void this.#fill();
  }

  /** Resolves when `next` may be called: whether this system tells us extended attributes. */
  async whenReady(): Promise<boolean> {
    await (this.#ready ??= this.#prepare());
    return this.#attributes !== undefined;
  }

  /** The next step, and the attributes of its entries; undefined after the last one. Only when it is ready. */
  next(): { step: WalkStep; attributes: Promise<FoundAttributes> | undefined } | undefined {
    this.#isUsed = true;
    while (this.#entries < AHEAD && this.#advance());
    const ahead = this.#steps[this.#taken++];
    if (ahead === undefined) return undefined;
    if (this.#taken >= SPENT_STEPS) {
      this.#steps = this.#steps.slice(this.#taken);
      this.#taken = 0;
    }
    const { step, question } = ahead;
    if (step.type === "entries") this.#entries -= step.entries.length;
    question?.ask();
    return { step, attributes: question?.answer };
  }

  /** Ends the walk, and the process that knows attributes. */
  close(): void {
    this.#isClosed = true;
    this.#attributes?.close();
  }

  async #prepare(): Promise<void> {
    const tool = await createAttributeTool();
    if (tool === undefined) return;
    if (this.#isClosed) tool.close();
    else this.#attributes = new AttributeQueue(tool);
  }

  async #fill(): Promise<void> {
    await this.whenReady();
    for (let isMore = true; isMore && !this.#isUsed && !this.#isClosed;) {
      const end = performance.now() + TURN_MS;
      while (isMore && performance.now() < end) isMore = this.#entries < FAR_AHEAD && this.#advance();
      await nextTurn();
    }
  }

  #advance(): boolean {
    const step = this.#walk.next();
    if (step === undefined) return false;
    const isAsked = step.type === "entries" && step.entries.length > 0;
    if (step.type === "entries") this.#entries += step.entries.length;
    const question = isAsked ? this.#attributes?.add(step.entries.map(({ path }) => path)) : undefined;
    this.#steps.push({ step, question });
    return true;
  }
}
