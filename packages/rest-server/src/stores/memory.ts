/**
 * Keeping memory small while gigabytes pass through. The garbage collector lets tens of megabytes of network buffers
 * pile up before it looks; what is known to be done with is given back at once. And what passes through at the same
 * time is shared out: many clients get small buffers, a few get large ones.
 */
import { MessageChannel } from "node:worker_threads";

let nowhere: MessageChannel["port1"] | undefined;

/**
 * Gives the memory of a buffer back. It has no bytes afterwards. Only for buffers that nobody else has; what shares its
 * memory with others is left alone.
 */
export function release(piece: Uint8Array): void {
  const memory = piece.buffer;
  // Little ones are not worth the call.
  if (!(memory instanceof ArrayBuffer) || piece.byteLength !== memory.byteLength || memory.byteLength < 4096)
    return;
  try {
    // A message to a port that is closed takes its memory with it.
    if (nowhere === undefined) {
      const { port1, port2 } = new MessageChannel();
      port2.close();
      port1.close();
      nowhere = port1;
    }
    nowhere.postMessage(null, [memory]);
  } catch {
    // Node does not let go of every buffer. Then the garbage collector does, later.
  }
}

/** So many bytes are shared out among those who move data at the same time. */
const budget = 2 * 1024 * 1024;

/** What one of them may hold in memory: never less than what the network delivers at once. */
export class Shares {
  #holders = 0;
  readonly #least: number;
  readonly #most: number;

  constructor(least: number, most: number) {
    this.#least = least;
    this.#most = most;
  }

  get share(): number {
    return Math.min(this.#most, Math.max(this.#least, Math.floor(budget / Math.max(1, this.#holders))));
  }

  enter(): void {
    this.#holders++;
  }

  leave(): void {
    this.#holders--;
  }
}
