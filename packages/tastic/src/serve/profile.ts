/** `--cpu-profile`: where the processor's time went, for Chrome's developer tools. */
import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";

/** Begins; what it returns ends, and writes the file. */
export async function profileTo(path: string): Promise<() => Promise<void>> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.start");
  return async () => {
    const { profile } = await session.post("Profiler.stop");
    writeFileSync(path, JSON.stringify(profile));
    session.disconnect();
  };
}
