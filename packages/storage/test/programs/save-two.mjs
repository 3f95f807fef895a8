// Saves an object of 900 KiB and one of 3 MiB into the repository of its argument, and says how that went.
import { createHash, randomBytes } from "node:crypto";
import { createLocalStorage } from "../../dist/index.js";

// The system sends this signal when a file outgrows the limit; ignored, the write fails instead.
process.on("SIGXFSZ", () => {});
const storage = createLocalStorage(process.argv[2]);
for (const [label, length] of [
  ["small", 900 * 1024],
  ["large", 3 * 1024 * 1024],
]) {
  const bytes = randomBytes(length);
  const name = createHash("sha256").update(bytes).digest("hex");
  const outcome = await storage.save({ type: "index", name }, bytes).then(
    () => "saved",
    (error) => `${error.code} ${error.data.systemCode}`,
  );
  console.log(`${label}: ${outcome}`);
}
