/**
 * Extended attributes while walking: asked for in batches, because asking costs a process.
 */
import { TasticError } from "@tastic/errors";
import type { ExtendedAttribute } from "@tastic/format";
import type { AttributeTool } from "../attributes/extended-attributes.js";

const BATCH = 1000;

/** What became of a question. */
export interface FoundAttributes {
  /** By path; what has none is not there. */
  readonly attributes: ReadonlyMap<string, readonly ExtendedAttribute[]>;
  /** Emptied by whoever reports them: several may wait for the same answer. */
  readonly failures: { readonly path: string; readonly reason: string }[];
}

/** Questions that are asked together. */
interface Batch {
  readonly paths: string[];
  readonly answer: Promise<FoundAttributes>;
  ask(): void;
}

/** A question: `ask` hurries it on, if it was only collected so far. */
export interface AttributeQuestion {
  readonly answer: Promise<FoundAttributes>;
  ask(): void;
}

export class AttributeQueue {
  readonly #tool: AttributeTool;
  #collecting: Batch | undefined;
  #isClosed = false;

  constructor(tool: AttributeTool) {
    this.#tool = tool;
  }

  /** Collects a question after the attributes of these paths; the answer may hold those of others, too. */
  add(paths: readonly string[]): AttributeQuestion {
    const batch = (this.#collecting ??= this.#begin());
    for (const path of paths) batch.paths.push(path);
    if (batch.paths.length >= BATCH) batch.ask();
    return batch;
  }

  /** Ends the tool. What was collected is not asked for any more. */
  close(): void {
    this.#isClosed = true;
    this.#tool.close();
  }

  #begin(): Batch {
    const paths: string[] = [];
    const failures: { path: string; reason: string }[] = [];
    let ask: () => void = () => undefined;
    const answer = new Promise<void>((resolve) => (ask = resolve)).then(async () => {
      if (this.#isClosed) throw new TasticError("cancelled", "the backup has ended");
      const attributes = await this.#tool.read(paths, (path, reason) => {
        // What has gone meanwhile is missed by whoever reads it.
        if (reason !== "ENOENT") failures.push({ path, reason });
      });
      return { failures, attributes };
    });
    // Whoever needs the answer learns what went wrong; nobody may need it any more.
    answer.catch(() => undefined);
    const batch: Batch = {
      paths,
      answer,
      ask: () => {
        if (this.#collecting === batch) this.#collecting = undefined;
        ask();
      },
    };
    return batch;
  }
}
