/**
 * Which packs `check` reads whole (restic's manual, "Checking integrity and consistency").
 */
import { TasticError } from "@tastic/errors";
import type { ReadSelection } from "./check-types.js";

/** What is known of a pack when it is chosen. */
export interface SelectablePack {
  /** The entry number in the index. */
  readonly pack: number;
  /** The first byte of its id. */
  readonly firstByte: number;
  readonly size: number;
}

/**
 * Chooses packs. A part takes those whose id's first byte leaves `part - 1` when divided by `of`, so that all parts
 * together are all packs; a percentage or a number of bytes takes that share of the packs at random, one at least.
 *
 * @param random a number from 0 up to, not including, 1
 * @throws TasticError invalid-argument for a selection that makes no sense
 */
export function selectPacks(
  packs: readonly SelectablePack[],
  selection: ReadSelection,
  random: () => number = Math.random,
): SelectablePack[] {
  if (selection.kind === "all") return [...packs];
  if (selection.kind === "part") {
    const { part, of } = selection;
    if (!Number.isInteger(part) || !Number.isInteger(of) || part < 1 || part > of || of > 256) {
      throw invalid(`part ${part} of ${of}: there are 1 to 256 parts, and the part is one of them`);
    }
    return packs.filter(({ firstByte }) => firstByte % of === part - 1);
  }
  if (selection.kind === "percentage") {
    const { percentage } = selection;
    if (!(percentage > 0 && percentage <= 100))
      throw invalid(`${percentage} % is not above 0 and at most 100`);
    return pickRandomly(packs, percentage / 100, random);
  }
  const { bytes } = selection;
  if (!(bytes > 0)) throw invalid(`${bytes} bytes are none`);
  const total = packs.reduce((sum, { size }) => sum + size, 0);
  return pickRandomly(packs, total > 0 ? Math.min(1, bytes / total) : 1, random);
}

function pickRandomly(
  packs: readonly SelectablePack[],
  share: number,
  random: () => number,
): SelectablePack[] {
  const count = Math.min(packs.length, Math.max(1, Math.floor(packs.length * share)));
  const shuffled = [...packs];
  // The first steps of a Fisher-Yates shuffle.
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random() * (shuffled.length - i));
    const [a, b] = [shuffled[i], shuffled[j]];
    if (a === undefined || b === undefined) break;
    shuffled[i] = b;
    shuffled[j] = a;
  }
  return shuffled.slice(0, count);
}

function invalid(reason: string): TasticError {
  return new TasticError("invalid-argument", `what to read: ${reason}`, {
    guidance: "Say n/t, a percentage such as 5%, or a size such as 500M.",
  });
}
