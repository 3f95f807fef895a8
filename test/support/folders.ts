/** Folders that tests work in, removed when they are done. TASTIC_KEEP_FOLDERS=1 keeps them, to look at. */
import { chmod, mkdtemp, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, onTestFinished } from "vitest";

const keep = process.env["TASTIC_KEEP_FOLDERS"] === "1";
const ofThisFile = new Set<string>();

afterAll(async () => {
  for (const folder of ofThisFile) await removeFolder(folder);
});

/**
 * A new empty folder. Made in a test, it goes with the test; made in a hook such as `beforeAll`, with the test file.
 * Its path has no symbolic links.
 */
export async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "tastic-test-")));
  if (keep) {
    console.log(`kept: ${folder}`);
    return folder;
  }
  try {
    onTestFinished(() => removeFolder(folder));
  } catch {
    // Not in a test.
    ofThisFile.add(folder);
  }
  return folder;
}

/** Removes a folder with all that is in it, also where tests took permissions away. */
export async function removeFolder(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    await giveAccess(folder);
    await rm(folder, { recursive: true, force: true });
  }
}

async function giveAccess(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await giveAccess(join(folder, entry.name));
  }
}

let turn: Promise<unknown> = Promise.resolve();

/** Does work with that as the working folder of this process: those who ask have their turn one after the other. */
export function inFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const result = turn.then(async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      return await work();
    } finally {
      process.chdir(before);
    }
  });
  turn = result.catch(() => undefined);
  return result;
}
