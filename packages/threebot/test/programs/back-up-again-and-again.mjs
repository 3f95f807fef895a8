/**
 * A 3Bot's service that backs up until it is killed: node back-up-again-and-again.mjs HOME STATE MARKETPLACE. Each line that it
 * prints is JSON: first what it has found (`found`), then each step of each run (`step`), and each run that has ended (`ended`).
 */
import { appendFile } from "node:fs/promises";
import { writeSync } from "node:fs";
import { join } from "node:path";
import { createOwnerService } from "@tastic/threebot";

const [home, stateFolder, marketplaceUrl] = process.argv.slice(2);
const place = "marketplace";
const say = (what) => writeSync(1, `${JSON.stringify(what)}\n`);
const owner = await createOwnerService({ home, stateFolder, marketplaceUrl, retryForMs: 0 });
await owner.start();
const { places } = await owner.status();
say({
  found: {
    place: places.find((one) => one.place === place),
    runs: (await owner.runs({ limit: 20 })).map(({ id, state }) => ({ id, state })),
    snapshots: (await owner.snapshots(place)).map(({ id, snapshot, copies }) => ({
      id,
      time: snapshot.time,
      copies,
    })),
  },
});

async function tellSteps() {
  let last = "";
  for await (const event of owner.events(new AbortController().signal)) {
    if (event.type !== "run" || event.run.state !== "running" || event.run.step === last) continue;
    last = event.run.step;
    say({ step: last });
  }
}
void tellSteps();

for (let round = 0; ; round++) {
  await appendFile(join(home, ".ssh", "known_hosts"), `${process.pid} ${round}\n`);
  const { id } = await owner.backup({ place });
  for (;;) {
    const run = await owner.run(id);
    if (run.state !== "running") {
      say({ ended: { state: run.state, snapshot: run.snapshots[0], time: run.ended, problem: run.problem } });
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
