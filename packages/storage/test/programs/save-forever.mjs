// Saves one object after the other into the repository of its argument, and says what it does, until it is killed.
import { createHash, randomBytes } from "node:crypto";
import { writeSync } from "node:fs";
import { createLocalStorage } from "../../dist/index.js";

const storage = createLocalStorage(process.argv[2]);
await storage.prepare();
for (;;) {
  const bytes = randomBytes(4 * 1024 * 1024);
  const name = createHash("sha256").update(bytes).digest("hex");
  writeSync(1, `saving ${name}\n`);
  await storage.save({ type: "pack", name }, [bytes.subarray(0, 1000), bytes.subarray(1000)]);
  writeSync(1, `saved ${name}\n`);
}
