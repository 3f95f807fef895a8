// Backs up the folder of its second argument into the repository of its first, as a user who has no rights of root,
// and says what could not be read.
import { Repository } from "@tastic/repository";
import { createLocalStorage } from "@tastic/storage";
import { backup } from "../../dist/index.js";

const [root, source, workers] = process.argv.slice(2);
if (process.getuid() === 0) {
  process.setgroups([]);
  process.setgid(65534);
  process.setuid(65534);
}
const repository = await Repository.open(createLocalStorage(root), { password: "geheim" });
await repository.loadIndex();
const errors = [];
let scanned;
const scanFinished = new Promise((resolve) => (scanned = resolve));
const { snapshotId } = await backup(repository, {
  targets: [source],
  programVersion: "test",
  workers: Number(workers),
  excludes: { excludes: () => false },
  onEvent(event) {
    if (event.type === "error") errors.push(`${event.during} ${event.path}: ${event.message}`);
    if (event.type === "scan-finished") scanned();
  },
});
await scanFinished;
console.log(JSON.stringify({ snapshotId, errors }));
