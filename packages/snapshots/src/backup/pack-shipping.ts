/**
 * Packs on their way from those who read files to the store. Whoever has completed one, on whatever thread, needs a slot
 * before handing it over, and until then makes no other: so slots and threads bound the memory of packs.
 */
import type { FinishedPack, RepositoryWriter } from "@tastic/repository";
import type { Stop } from "./stop.js";

export class PackShipping {
  readonly #writer: RepositoryWriter;
  readonly #stop: Stop;
  readonly #free = new Int32Array(new SharedArrayBuffer(4));
  readonly #waiting: (() => void)[] = [];
  readonly #underWay = new Set<Promise<void>>();

  /** @param slots how many packs may be under way at once */
  constructor(writer: RepositoryWriter, stop: Stop, slots: number) {
    this.#writer = writer;
    this.#stop = stop;
    this.#free[0] = slots;
  }

  /** For other threads, which take a slot with `takeSlot`. */
  get freeSlots(): Int32Array<SharedArrayBuffer> {
    return this.#free;
  }

  /** Sends a pack of this thread once there is a slot; resolves then. */
  async send(pack: FinishedPack): Promise<void> {
    while (!tryTake(this.#free)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.sendOf(pack);
  }

  /** Sends a pack of another thread, which has taken a slot for it. */
  sendOf(pack: FinishedPack): void {
    const storing = this.#store(pack).finally(() => this.#underWay.delete(storing));
    this.#underWay.add(storing);
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /** Never rejects. */
  async #store(pack: FinishedPack): Promise<void> {
    try {
      await this.#writer.store(pack);
    } catch (error) {
      this.#stop.fail(error);
    }
    Atomics.add(this.#free, 0, 1);
    Atomics.notify(this.#free, 0, 1);
    this.#waiting.shift()?.();
  }
}

/** Waits for a slot and takes it: the store sets the pace, not the disk that is read. Only where a thread may stand still. */
export function takeSlot(free: Int32Array<SharedArrayBuffer>): void {
  while (!tryTake(free)) Atomics.wait(free, 0, 0);
}

function tryTake(free: Int32Array): boolean {
  for (let left = Atomics.load(free, 0); left > 0; left = Atomics.load(free, 0)) {
    if (Atomics.compareExchange(free, 0, left, left - 1) === left) return true;
  }
  return false;
}
