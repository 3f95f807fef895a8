/** Room for one upload, held against every limit that concerns it; and what is known of a repository's size. */
import type { TasticError } from "@tastic/errors";
import { refusal } from "../http/refusal.js";
import type { Reservation } from "../http/services.js";

export interface Stored {
  readonly objects: number;
  readonly trash: number;
}

/** One repository: what is written down, and what has happened since. */
export interface Entry {
  readonly folders: readonly string[];
  objects: number;
  trash: number;
  newObjects: number;
  newTrash: number;
  /** Taken by uploads that are running. */
  reserved: number;
}

export interface Limit {
  readonly of: string;
  readonly limit: number;
  /** Does the trash count: not, but both together up to so many times the limit. */
  readonly trashToo: number;
  entries(): readonly Entry[];
}

export class LimitedReservation implements Reservation {
  readonly #entry: Entry;
  readonly #limits: readonly Limit[];
  readonly #spare: number;
  #taken = 0;

  constructor(entry: Entry, limits: readonly Limit[], spare: number) {
    this.#entry = entry;
    this.#limits = limits;
    this.#spare = spare;
  }

  add(bytes: number): void {
    for (const limit of this.#limits) {
      const { objects, trash } = sum(limit.entries());
      const over = objects + bytes > limit.limit + this.#spare;
      const overWithTrash = objects + trash + bytes > limit.trashToo * limit.limit + this.#spare;
      if (over || overWithTrash) throw overLimit(limit, objects, trash);
    }
    this.#entry.reserved += bytes;
    this.#taken += bytes;
  }

  settle(stored: boolean): void {
    this.#entry.reserved -= this.#taken;
    if (stored) this.#entry.newObjects += this.#taken;
    this.#taken = 0;
  }

  headers(): Readonly<Record<string, string>> {
    const [first] = this.#limits;
    if (first === undefined) return {};
    return headersOf(sum(first.entries()), first.limit);
  }
}

export const unlimited: Reservation = { add: () => undefined, settle: () => undefined, headers: () => ({}) };

function overLimit({ of, limit }: Limit, used: number, trash: number): TasticError {
  const text = `the ${of} uses ${used} of ${limit} bytes${trash > 0 ? `, and ${trash} in the trash` : ""}`;
  return refusal(507, "no-space", `over quota: ${text}`, {
    text: `over quota: ${text}`,
    headers: headersOf({ objects: used, trash }, limit),
  });
}

function headersOf({ objects, trash }: Stored, limit: number): Record<string, string> {
  return {
    "x-quota-used": String(objects),
    "x-quota-limit": String(limit),
    ...(trash > 0 ? { "x-quota-trash": String(trash) } : {}),
  };
}

export function storedIn({ objects, trash, newObjects, newTrash, reserved }: Entry): Stored {
  return { objects: Math.max(0, objects + newObjects + reserved), trash: Math.max(0, trash + newTrash) };
}

export function sum(entries: readonly Entry[]): Stored {
  let objects = 0;
  let trash = 0;
  for (const entry of entries) {
    const one = storedIn(entry);
    objects += one.objects;
    trash += one.trash;
  }
  return { objects, trash };
}
