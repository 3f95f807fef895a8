/**
 * Giving memory back before the garbage collector does. It sees arrays, not the megabytes behind them, and lets 64 MiB of
 * those pile up on every thread; what is given back at once is also what is taken next, while it is in the processor's
 * cache.
 */
import type { MessagePort } from "node:worker_threads";

/** Below this, giving back costs more than it is worth. */
const WORTH_IT = 1 << 16;

let nowhere: MessagePort | undefined;

/** Empties an array that nobody uses any more, if it has memory of its own and that is worth it. */
export function releaseMemory({ buffer }: Uint8Array): void {
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength < WORTH_IT) return;
  nowhere ??= openNowhere();
  // What a closed port is given to transfer is gone; `ArrayBuffer.transfer` came only with Node 22.
  nowhere.postMessage(undefined, [buffer]);
}

function openNowhere(): MessagePort {
  // The global one, which Node loads only now.
  const { port1 } = new MessageChannel();
  // Not the other end: that would take a turn of the event loop, and hold everything until then.
  port1.close();
  return port1;
}
