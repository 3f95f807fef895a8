// Tries every operation on the repository of its argument, as a user who has no rights of root, and says how it went.
import { createLocalStorage } from "../../dist/index.js";

const [root, name] = process.argv.slice(2);
if (process.getuid() === 0) {
  process.setgroups([]);
  process.setgid(65534);
  process.setuid(65534);
}
const storage = createLocalStorage(root);
const file = { type: "index", name };
const operations = {
  save: () => storage.save({ type: "index", name: "f".repeat(64) }, new Uint8Array(5)),
  load: () => storage.load(file),
  stat: () => storage.stat(file),
  list: () => Array.fromAsync?.(storage.list("index")) ?? storage.list("index").next(),
  remove: () => storage.remove(file),
};
for (const [label, operation] of Object.entries(operations)) {
  const outcome = await operation().then(
    () => "done",
    (error) => error.code,
  );
  console.log(`${label}: ${outcome}`);
}
