// The blob index under load: how fast it grows and answers, and how much memory a blob takes in it.
import { BlobIndex, DATA } from "../packages/repository/dist/index.js";
import { Random } from "./random.mjs";

/**
 * Puts `count` blobs into an index and asks for each, and for as many that it does not have.
 * Times are in seconds.
 * @param {number} count
 */
export function loadIndex(count) {
  const ids = new Uint8Array(32 * count);
  new Random(count).fillBytes(ids);
  const id = (/** @type {number} */ i) => ids.subarray(32 * i, 32 * i + 32);
  const index = BlobIndex.create();
  const pack = index.addPack(new Uint8Array(32).fill(1));
  const add = timed(() => {
    for (let i = 0; i < count; i++) {
      index.add(id(i), DATA, { pack, offset: i, length: 1000, uncompressedLength: 3000 });
    }
  });
  const find = timed(() => {
    for (let i = 0; i < count; i++) if (index.find(id(i), DATA) < 0) throw new Error("a blob was not found");
  });
  new Random(count + 1).fillBytes(ids);
  const miss = timed(() => {
    for (let i = 0; i < count; i++) if (index.find(id(i), DATA) >= 0) throw new Error("a blob was found");
  });
  return { add, find, miss, bytesPerBlob: index.bytes / count };
}

/** @param {() => void} work */
function timed(work) {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}
