/**
 * Memory that threads share and that grows in place, so that nobody has to be told of a new address: WebAssembly's
 * shared kind. Its pages cost nothing until they are written.
 */
import { TasticError, messageOf } from "@tastic/errors";

export const PAGE = 65536;
/** 4 GiB, the most that 32 bits address. */
export const MAX_PAGES = 65536;
/** Where a system does not let us reserve that many addresses, less will do for most repositories. */
const FEWER_PAGES = [MAX_PAGES, MAX_PAGES / 4, MAX_PAGES / 16];

/** Shared memory of one page. */
export function createSharedMemory(): WebAssembly.Memory {
  let failure: unknown;
  for (const maximum of FEWER_PAGES) {
    try {
      return new WebAssembly.Memory({ initial: 1, maximum, shared: true });
    } catch (error) {
      failure = error;
    }
  }
  throw noMemory(FEWER_PAGES[FEWER_PAGES.length - 1] ?? 1, failure);
}

/** The memory at its present size. Growing by nothing is what makes another thread's growth visible here. */
export function currentBuffer(memory: WebAssembly.Memory): ArrayBuffer {
  memory.grow(0);
  return memory.buffer;
}

/**
 * Makes the memory hold `bytes`, and a quarter more so that this is rare. Only one thread may do this at a time.
 * @throws TasticError limit-exceeded if there is no more memory; then nothing has changed
 */
export function growTo(memory: WebAssembly.Memory, bytes: number): void {
  const now = currentBuffer(memory).byteLength / PAGE;
  const needed = Math.ceil(bytes / PAGE);
  if (needed <= now) return;
  try {
    memory.grow(Math.min(MAX_PAGES, Math.ceil(needed * 1.25)) - now);
  } catch {
    try {
      memory.grow(needed - now);
    } catch (error) {
      throw noMemory(needed, error);
    }
  }
}

function noMemory(pages: number, cause: unknown): TasticError {
  const mebibytes = Math.ceil((pages * PAGE) / (1 << 20));
  return new TasticError(
    "limit-exceeded",
    `no memory for an index of ${mebibytes} MiB: ${messageOf(cause)}`,
    {
      guidance:
        "Give the process more memory (see `ulimit -v`), or split the backup over several repositories.",
      cause,
    },
  );
}
