// Claims all ids of `workerData`, in an order of its own, and places what it won; counts how often each id was won.
import { workerData } from "node:worker_threads";
import { BlobIndex, DATA } from "../../dist/index.js";

const { shared, ids, wins, gate, seed, pack } = workerData;
const index = BlobIndex.attach(shared);
const bytes = new Uint8Array(ids);
const order = Uint32Array.from({ length: wins.length }, (_, i) => i);
let state = seed;
for (let i = order.length - 1; i > 0; i--) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  const j = state % (i + 1);
  [order[i], order[j]] = [order[j], order[i]];
}

Atomics.wait(gate, 0, 0);
for (const i of order) {
  // A copy: the shared bytes are the test's.
  const entry = index.claim(bytes.slice(i * 32, i * 32 + 32), DATA);
  if (entry < 0) continue;
  Atomics.add(wins, i, 1);
  index.place(entry, { pack, offset: i, length: 100 + seed, uncompressedLength: i });
}
