/**
 * Times to be set to the nanosecond, as the process that does so reads them: the length of the path in four bytes, four
 * 64-bit numbers (seconds and nanoseconds of atime and mtime: two `struct timespec`), and the path. Numbers are as this
 * processor has them in memory.
 */
import { encodeName } from "@tastic/format";

/** Bytes before the path. */
export const RECORD_HEAD = 36;
const FIRST_ROOM = 1 << 14;
const SECOND = 1_000_000_000n;

// The numbers begin on a multiple of eight, as views on them must.
const head = new ArrayBuffer(40);
const headBytes = new Uint8Array(head, 4);
const pathLength = new Uint32Array(head, 4, 1);
const times = new BigInt64Array(head, 8);

export class TimeRecords {
  #bytes = new Uint8Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Adds the times, in nanoseconds since 1970, of what is at an absolute path. */
  set(path: string, atime: bigint, mtime: bigint): void {
    const name = encodeName(path);
    this.#grow(RECORD_HEAD + name.length);
    pathLength[0] = name.length;
    setTime(0, atime);
    setTime(2, mtime);
    this.#bytes.set(headBytes, this.#length);
    this.#bytes.set(name, this.#length + RECORD_HEAD);
    this.#length += RECORD_HEAD + name.length;
  }

  /** All records; afterwards there are none. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = new Uint8Array(0);
    this.#length = 0;
    return taken;
  }

  #grow(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(FIRST_ROOM, 2 * this.#bytes.length, needed));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

function setTime(at: number, time: bigint): void {
  const nanoseconds = ((time % SECOND) + SECOND) % SECOND;
  times[at] = (time - nanoseconds) / SECOND;
  times[at + 1] = nanoseconds;
}
