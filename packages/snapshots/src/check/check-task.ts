/**
 * What a check hands to whoever verifies packs: pieces of a pack, in order. Pieces of several packs may come in turn.
 */
import { releaseMemory } from "@tastic/repository";
import type { BlobReader } from "@tastic/repository";
import { PackVerifier } from "./pack-verifier.js";
import type { Steps } from "../workers/worker-hand.js";

export type CheckTask =
  | {
      readonly type: "piece";
      /** The pack's entry in the index. */
      readonly pack: number;
      readonly bytes: Uint8Array<ArrayBuffer>;
      /** The blobs that the piece begins with. */
      readonly entries: Uint32Array<ArrayBuffer>;
      /** How many bytes at the end of the pack's last piece follow the last blob; undefined for other pieces. */
      readonly tail: number | undefined;
    }
  /** No more of the pack can be had. */
  | { readonly type: "give-up"; readonly pack: number };

/** What is wrong with a pack, with its last piece; before, nothing. */
export type CheckAnswer = readonly string[];

export class CheckTasks {
  readonly #reader: BlobReader;
  readonly #packs = new Map<number, PackVerifier>();

  constructor(reader: BlobReader) {
    this.#reader = reader;
  }

  /** Does one task, blob by blob, and gives back the memory of its piece. */
  *do(task: CheckTask): Steps<CheckAnswer> {
    const { pack } = task;
    if (task.type === "give-up") {
      this.#packs.delete(pack);
      return [];
    }
    let verifier = this.#packs.get(pack);
    if (verifier === undefined) this.#packs.set(pack, (verifier = new PackVerifier(this.#reader, pack)));
    yield* verifier.piece(task.bytes, task.entries);
    if (task.tail !== undefined) {
      verifier.finish(task.bytes.subarray(task.bytes.length - task.tail));
      this.#packs.delete(pack);
    }
    releaseMemory(task.bytes);
    return task.tail === undefined ? [] : verifier.problems;
  }
}
