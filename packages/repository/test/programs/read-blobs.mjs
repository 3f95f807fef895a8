// Looks for blobs that are in the index, and for some that are not, until it is told to stop; counts wrong answers.
import { parentPort, workerData } from "node:worker_threads";
import { BlobIndex, DATA } from "../../dist/index.js";

const { shared, ids, gate, stop } = workerData;
const index = BlobIndex.attach(shared);
const known = Array.from({ length: ids.byteLength / 32 }, (_, i) =>
  new Uint8Array(ids).slice(i * 32, i * 32 + 32),
);
const unknown = known.map((id) => id.map((byte) => byte ^ 0xff));

Atomics.add(gate, 1, 1);
Atomics.wait(gate, 0, 0);
let wrong = 0;
let rounds = 0;
for (; rounds === 0 || Atomics.load(stop, 0) === 0; rounds++) {
  known.forEach((id, i) => {
    const entry = index.find(id, DATA);
    if (entry < 0 || index.isPending(entry) || index.offset(entry) !== i) wrong++;
    if (index.find(unknown[i], DATA) !== -1) wrong++;
  });
}
parentPort.postMessage({ wrong, rounds });
