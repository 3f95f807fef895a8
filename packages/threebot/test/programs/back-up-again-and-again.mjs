// A 3Bot's service that backs up until it is killed, and says each snapshot that it has made.
import { createOwnerService } from "@tastic/threebot";

const [home, stateFolder, marketplaceUrl] = process.argv.slice(2);
const owner = await createOwnerService({ home, stateFolder, marketplaceUrl, retryForMs: 0 });
await owner.setAutomatic("marketplace", false);
await owner.start();
console.log("started");
for (;;) {
  const { id } = await owner.backup({ place: "marketplace" });
  for (;;) {
    const run = await owner.run(id);
    if (run.state !== "running") {
      if (run.state !== "failed") console.log(`made ${run.snapshots[0]}`);
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
