/** Making keys that cost little to try: what a new key costs is measured by the clock, and there a millisecond takes a second. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { vi } from "vitest";

const clock = join(import.meta.dirname, "hasty-clock.mjs");

/** Variables for a program that makes keys. */
export const HASTY = { NODE_OPTIONS: `--import=${pathToFileURL(clock).href}` };

/** Does the work by such a clock in this process. */
export async function hastily<T>(work: () => Promise<T>): Promise<T> {
  const now = performance.now.bind(performance);
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now() * 1000);
  try {
    return await work();
  } finally {
    clock.mockRestore();
  }
}
