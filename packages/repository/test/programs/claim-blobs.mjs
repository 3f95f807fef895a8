// Claims all ids of `workerData`, and places what it won; counts how often each id was won.
import { workerData } from "node:worker_threads";
import { BlobIndex, DATA } from "../../dist/index.js";

const { shared, ids, wins, gate, seed, pack } = workerData;
const index = BlobIndex.attach(shared);
const bytes = new Uint8Array(ids);

Atomics.add(gate, 1, 1);
Atomics.wait(gate, 0, 0);
// All threads in the same order, so that they want the same ids at the same time.
for (let i = 0; i < wins.length; i++) {
  // A copy: the shared bytes are the test's.
  const entry = index.claim(bytes.slice(i * 32, i * 32 + 32), DATA);
  if (entry < 0) continue;
  Atomics.add(wins, i, 1);
  index.place(entry, { pack, offset: i, length: 100 + seed, uncompressedLength: i });
}
