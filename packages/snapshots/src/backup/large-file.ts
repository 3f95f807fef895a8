/**
 * A large file, so that it keeps all hands busy and not one: somebody finds its cuts, a stretch at a time and not far ahead,
 * and what lies between them is read, in parts, by whoever is free. The chunks are those that one hand alone would make.
 */
import type { FileCuts, FilePart } from "./file-ingest.js";
import type { CutOutcome, IngestWork } from "./ingest-hand.js";
import type { IngestOutcome } from "./ingest.js";

/** Smaller files are read by one hand. */
export const LARGE_FILE = 64 << 20;
/** Bytes that are cut at once, and that a part has, at least. */
const STRETCH = 64 << 20;
const PART = 16 << 20;
/** With fewer parts for each hand, more is cut: what was read for that should still be in the system's memory. */
const PARTS_AHEAD = 3;

export interface LargeFileOptions {
  readonly path: string;
  /** How many may read parts of it. */
  readonly hands: number;
  /** Has work done by somebody. @param isNext before what waits already */
  readonly give: (work: IngestWork, isNext: boolean) => void;
  /** Is told the outcome, once. */
  readonly done: (outcome: IngestOutcome) => void;
}

export class LargeFile {
  readonly #options: LargeFileOptions;
  /** The outcomes of the parts, in their order. */
  readonly #parts: (IngestOutcome | undefined)[] = [];
  #cutUntil = 0;
  #isCutting = false;
  #isCut = false;
  #waiting = 0;
  #failure: string | undefined;

  constructor(options: LargeFileOptions) {
    this.#options = options;
  }

  /** From here on it goes on by itself. */
  begin(): void {
    this.#goOn();
  }

  #goOn(): void {
    const isOver = this.#isCut || this.#failure !== undefined;
    if (!isOver && !this.#isCutting && this.#waiting < PARTS_AHEAD * this.#options.hands) this.#cut();
    if (isOver && !this.#isCutting && this.#waiting === 0) this.#options.done(this.#outcome());
  }

  #cut(): void {
    this.#isCutting = true;
    const request = { path: this.#options.path, from: this.#cutUntil, least: STRETCH };
    const done = (outcome: CutOutcome): void => {
      this.#isCutting = false;
      if ("failure" in outcome) this.#failure ??= outcome.failure;
      else this.#share(outcome.cuts);
      this.#goOn();
    };
    this.#options.give({ type: "cut", request, done }, true);
  }

  #share({ lengths, isEnd }: FileCuts): void {
    let part: number[] = [];
    let size = 0;
    lengths.forEach((length, i) => {
      part.push(length);
      size += length;
      if (size < PART && i < lengths.length - 1) return;
      this.#read({ path: this.#options.path, from: this.#cutUntil, lengths: part });
      this.#cutUntil += size;
      part = [];
      size = 0;
    });
    this.#isCut = isEnd;
  }

  #read(part: FilePart): void {
    const place = this.#parts.push(undefined) - 1;
    this.#waiting++;
    const done = (outcome: IngestOutcome): void => {
      this.#parts[place] = outcome;
      this.#waiting--;
      if ("failure" in outcome) this.#failure ??= outcome.failure;
      this.#goOn();
    };
    this.#options.give({ type: "part", part, done }, false);
  }

  #outcome(): IngestOutcome {
    if (this.#failure !== undefined) return { failure: this.#failure };
    const files = this.#parts.flatMap((part) => (part !== undefined && "file" in part ? part.file : []));
    const sum = (field: "size" | "newBlobs" | "newBytes" | "storedBytes"): number =>
      files.reduce((all, file) => all + file[field], 0);
    const content = Buffer.concat(files.map((file) => file.content));
    const [size, newBlobs] = [sum("size"), sum("newBlobs")];
    return { file: { content, size, newBlobs, newBytes: sum("newBytes"), storedBytes: sum("storedBytes") } };
  }
}
